"""Field service: visits, who carries them out, when, and what was promised.

Pure files plan (`plan`, `timing`, `slots`, `improving`, `checking`); `service` and `crew` write,
`book` hands the day's routes to the planner. A visit stands on a ticket, but this package knows
no tickets: what a visit means for one is `workflows.visit_*`.
"""
