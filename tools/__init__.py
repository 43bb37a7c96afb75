"""The ground floor: the words of the domain and what can be done with them."""
