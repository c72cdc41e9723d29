"""What the bot costs, and how it grows: prices, measured use, quotas, and a simulation of a busy hour."""
