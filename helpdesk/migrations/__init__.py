"""Every change of the schema, in order; `helpdesk.core.migrating` runs them."""
