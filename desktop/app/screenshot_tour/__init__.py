"""The tour that saves a picture of every main screen."""
