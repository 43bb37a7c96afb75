"""How well and how quickly masks follow clicks and boxes."""
