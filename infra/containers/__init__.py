"""What runs in containers on this machine: the engine, the base image, the world around a function."""
