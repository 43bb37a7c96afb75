"""Who may come in: hosts, origins, sign-ins, guesses, proxies."""
