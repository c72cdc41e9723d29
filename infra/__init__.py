"""What is deployed, and of what it consists: the template, and checks of the supply chain."""
