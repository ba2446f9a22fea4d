"""Stateful fakes over real loopback HTTP."""
