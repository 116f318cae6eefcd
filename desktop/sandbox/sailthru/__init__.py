"""An imitation of Sailthru's API, written from docs/sailthru.md."""
