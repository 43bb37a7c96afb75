"""Language models: the endpoint, the loop around it, and what is believed of their words."""
