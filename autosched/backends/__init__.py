"""The targets: all that search, the API and the command line need of each, behind one contract."""
