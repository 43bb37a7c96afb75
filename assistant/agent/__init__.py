"""The conversation: decision words, the built-in planner, chat models, and the loop that runs the tools for both."""
