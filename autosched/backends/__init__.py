"""Targets: all that search, the API and the command line need of each, behind one contract.

`base.Backend` is the contract, `kinds` the table of what implements it, each in its folder.
"""
