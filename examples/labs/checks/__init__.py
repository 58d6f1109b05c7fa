"""Checks of the exercises: `lab3.check_bellman(your_function)` says well done, or what is not yet right and why."""
