"""The planning of a sync as pure functions: source records in, plan rows out.

match → diff → duplicate targets → increments → consequences → limits. Nothing here reads or writes:
everything that is known beside the records is in one `PlanContext`.
"""
