"""Measurements, run by hand: each module is a script that says in its docstring what it measures."""
