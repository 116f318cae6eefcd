"""Tests of the clients, without a window and without the net."""
