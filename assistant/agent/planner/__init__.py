"""The built-in planner: an everyday request becomes calls of tools."""
