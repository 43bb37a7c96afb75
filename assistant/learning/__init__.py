"""Learning beside the owner of a project, in processes of their own."""
