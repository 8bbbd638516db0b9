"""What people write to Technical help of Nordlicht Energie. Not for code: see `dialogues`."""

TEXT = """
= Heat pump error | visit | Technician booked for the pressure sensor
v: The heat pump shows error E{code} and the house gets cold.
a: I am sorry, we get that going. Is there a number beside "pressure" on the display?
v: It says 0.6.
a: That is too low, so it stops to protect itself. Do you know where to refill the water?
v: No, and I would rather not touch it.
a: That is fine. I book a technician. The electric heater keeps you warm till then: menu,
   emergency heating, on.
v: It is running. Thank you!

= Heat pump loud | resolved | Night mode explained
v: Our heat pump is loud at night. The neighbours [complain|have written a letter].
a: It has a night mode, from 22 to 6. Under Schedule, please switch on "quiet operation".
v: Does it still heat then?
a: Yes, with a lower speed. It takes a little more time in the morning.
v: It is on. I tell the neighbours.

= Charger offline | resolved | Charger back after a restart
v: My charger is offline in the app since yesterday.
a: Is the light on the box green, blue or red?
v: Red, it blinks.
a: Please switch off its fuse for 30 seconds, then on again.
v: OK, one moment.
v: Now it is blue.
a: Blue is good, it looks for the network. It should be in the app in two minutes.
v: There it is. Thank you!

= Charging slow | resolved | Limit set by the installer, explained
v: My car only charges with 3.7 kW instead of 11.
a: In the settings I see a limit of 16 ampere on one phase. Who installed the box?
v: Your partner company, in May.
a: They left it on one phase till the grid operator agreed. The agreement is here, so I switch it
   to three phases.
v: It jumped to 11. You are a magician.

= App setup | resolved | App connected
v: How do I connect the charger with the app?
a: In the app tap the plus sign and scan the code on the side of the box.
v: There is no code, the sticker is gone.
a: Then type the serial number. It is {meter} in your contract.
v: Worked at once.
a: Very good. Tonight it charges when power is cheapest.
v: Nice.

= Smart meter | follow_up | Meter operator asked for a date
v: When do I get my smart meter? You wrote "this autumn".
a: The meter operator plans your area for the next weeks. I ask for a date for {street}.
v: Do I have to be at home?
a: Only if the meter is behind your door.
v: It is in the cellar, the neighbour has the key.
a: I write that down. You get a letter ten days before.
v: Thanks.

= Heating curve | resolved | Curve set from 1.2 to 0.9
v: The rooms are too warm although I set 20 degrees.
a: Then the heating curve is too steep. Under Heating, Curve: which number do you see?
v: 1.2
a: Please try 0.9 and leave it for two days. It saves about a tenth of the energy, too.
v: I do that. What if it gets cold?
a: Then go up by 0.1. Write to us any time.
v: OK, thank you.

= Solar inverter | visit | Technician booked, inverter needs a part
v: The inverter shows "isolation fault" each morning, later it works.
a: That is mostly moisture in a plug on the roof. Nothing dangerous, but we should look at it.
v: Should I switch it off?
a: No need. A technician comes and measures. Would a morning suit you?
v: Mornings are good.
a: I book it. You get the day by e-mail.
v: Great.

= Water on the floor | visit | Urgent visit; water shut off by the customer
v: There is water under the heat pump!
a: Please close the blue tap beside it first, a quarter turn. Tell me when it is closed.
v: Closed. It drips less.
a: Very good. Now switch the heat pump off at its main switch.
v: Off.
a: A technician on call phones you within the hour. Is the number we have right?
v: Yes it is. Thank you for staying calm.

= Router lights | resolved | Fibre plug was loose
v: No internet. The box on the wall has a red light.
a: On that box there is a green plug below. Is it all the way in?
v: It was a bit loose. Now the light is green.
a: Then the router needs two minutes. Do you have a connection?
v: [It is back!|Yes, back again.] Thanks.
"""
