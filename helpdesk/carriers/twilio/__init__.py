"""Twilio, or whoever speaks as it does: signatures, TwiML, REST. Known nowhere else."""
