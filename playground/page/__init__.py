"""The chat page: what a person sees of Telegram at the playground."""
