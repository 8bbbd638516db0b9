"""What people write to the General line of Nordlicht Energie. Not for code: see `dialogues`."""

TEXT = """
= Moving house | resolved | Moved the contract to the new address
v: [Hello|Hi|Good morning], we are moving on the {day}. What do I have to do about the electricity?
a: Hello {name}, congratulations on the new place. I only need the new address and the number of
   the meter there.
v: It is {street}, and the meter says {meter}.
a: Thank you. Your contract moves with you on the {day}. You get a confirmation by e-mail within
   two days.
v: And the old flat?
a: Send us the last reading on the day you hand over the keys. The chat or the portal is fine.
v: Perfect, thank you.

= Meter reading | resolved | Took the reading
v: I would like to tell you my meter reading: {reading} kWh.
a: Thank you, {name}. Is that meter {meter}?
v: [Yes, that one.|Exactly.|Yes, it is.]
a: It is saved. It fits last year well, so nothing else is needed.
v: [Great, bye|Thanks a lot]

= New bank account | resolved | Bank details changed by the customer in the portal
v: We have a new bank account. Can I give you the details here?
a: Please don't write them in the chat. In the portal, under Payments, you can change them in a
   minute.
v: I can't find Payments.
a: It is behind your name, at the top right. Do you see it?
v: Now I do. Done, thank you.

= Letter not understood | resolved | Explained the letter about the grid fee
v: I got a letter about grid fees and [don't understand a word|do not know what to do with it].
a: I am sorry about that. Does it say "Change of price components" at the top?
v: Yes.
a: Then you need not do anything. The grid operator charges a little less from January, and we
   pass it on: about {amount} less a month.
v: Oh, good news for once. Thanks!

= Portal sign-in | resolved | Sent a new sign-in link
v: I can't sign in to the portal any more. It says the link is too old.
a: The link works for an hour. Shall I send a new one to the address we have?
v: Yes please.
a: It is on its way. Please look into the spam folder too.
v: Got it, it works.

= Change of name | follow_up | Waits for the certificate
v: I got married and my name changed. What do you need?
a: Congratulations. A copy of the certificate is enough; you can attach it here or in the portal.
v: I have to look for it. Can I send it tonight?
a: Of course. I leave a note, so that whoever reads it knows what to do.
v: Very kind.

= Power cut | resolved | Known outage in the area, grid operator works on it
v: [We have no power since this morning.|There is no electricity in our street.] Is it you or the
   grid?
a: I look it up. Which postcode is it?
v: {postcode}
a: The grid operator reports a damaged cable there. They expect to be done at about {hour}.
v: OK. The freezer should survive that.
a: A closed freezer keeps for a day. You can follow it on the operator's page too.
v: Thanks for the quick answer.

= Fibre order | follow_up | Asked the network team for a date
v: I ordered fibre in spring and nobody [has come yet|knows when it is built]. {street}.
a: I am sorry that you had to ask. Your street is planned for this quarter, but I can't see a day
   yet.
v: That is what I heard last time.
a: I understand. I ask the network team for a day and write to you by tomorrow evening.
v: Fine, but please really do.

= Wi-Fi slow | resolved | Router moved to another channel
v: Our fibre is slow in the evening. I measure 40 instead of 500.
a: Is that by cable or by Wi-Fi?
v: Wi-Fi, in the kitchen.
a: Could you try once with a cable, beside the router?
v: By cable it is 480.
a: Then the line is fine. In the router's menu, please set the Wi-Fi channel to automatic.
v: Now 310 in the kitchen. Wonderful.

= Thanks | resolved |
v: I just want to say that your technician yesterday was [great|very friendly and quick].
a: That makes my day, thank you. I pass it on to the team.
v: Please do.

= Wrong company | resolved | Not our customer; named the right supplier
v: Why did you send me a reminder? I pay everything on time.
a: Let me look. Do you have the customer number from the letter?
v: It is {customer_number}
a: This number is not one of ours. Could the letter be from Nordlicht Gas? We share a part of the
   name only.
v: Oh. You are right. Sorry for the trouble.
a: No trouble at all. Have a good day.

= Data request | follow_up | Sent on to data protection
v: I would like to know what data you have about me.
a: You have every right to. I start the request now; you get the answer by post within four weeks.
v: Do I have to sign something?
a: No. We may ask for a copy of an ID to be sure it is you.
v: All right.

= Deutsch | resolved | Auf Deutsch beantwortet
v: Guten Tag, kann ich auch auf Deutsch schreiben?
a: Natürlich, gerne. Wie kann ich helfen?
v: Ich brauche eine Kopie der letzten Rechnung für die Steuer.
a: Sie finden sie im Portal unter Dokumente. Soll ich sie Ihnen zusätzlich schicken?
v: Ja, das wäre nett.
a: Ist unterwegs.
v: [Vielen Dank!|Danke schön.]
"""
