"""Reading a sentence: names, numbers, times, conditions, what it is after."""
