"""A telephone exchange on this machine that stands in for Twilio, with people at its phones.

Exists so that the whole voice and text side can be tried without an account: it executes the TwiML
that our hooks answer, takes the REST calls that we make, signs what it sends, and lets a test or
the demo dial, listen, press keys and hang up. Refuses what the carrier would refuse. Knows nothing
of Helpdesk but its clock: it sees us only as a customer of the carrier would be seen.
"""
