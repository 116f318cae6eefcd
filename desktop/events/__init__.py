"""Events of Segment's form for Zendesk: intake, triggers, mapping, actions, simulation."""
