"""Every question that may be asked of the state by name, and what each person may see."""
