"""What everything else stands on: errors, ids, time, records, references, principals, settings, telemetry."""
