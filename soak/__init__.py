"""Experiments with the whole bot under load, faults and hostile input; on loopback only. Not deployed."""
