"""Importers: models of other systems as graphs."""
