"""The tests of Fairlead, its benches and its fault runs."""
