"""Accounts made up for tests."""
