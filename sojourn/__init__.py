"""People who move, without a person: home, roaming and population figures out of call records."""
