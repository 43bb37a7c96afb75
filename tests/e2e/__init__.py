"""The whole program as people meet it: the real page over a real project."""
