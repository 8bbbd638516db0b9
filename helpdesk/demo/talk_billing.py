"""What people write to Billing of Nordlicht Energie. Not for code: see `dialogues`."""

TEXT = """
= Instalment too high | resolved | Instalment lowered after a look at the usage
v: My instalment went up to {amount} a month. [Why?|How can that be?]
a: Good day {name}. It follows last year's bill. You used {usage} kWh, that is about a fifth more
   than before.
v: We had guests for half a year, that won't happen again.
a: Then we can take the usage of the year before. I would set it to {smaller} from the first of
   next month.
v: That would help a lot.
a: Done. The new plan is in your portal.
v: Thank you [so much|very much].

= Bill not clear | resolved | Explained the two prices on the bill
v: There are two prices on my bill. Did you charge me twice?
a: No. The price changed on 1 July, so the year has two parts. Together they are your {usage} kWh.
v: So I pay each kWh only once?
a: Exactly. On page two the parts stand one below the other.
v: Now I see it. Thanks.

= Refund missing | refund | Refund sent again to the right account
v: You owe me {amount} from the last bill. It [never arrived|has not come yet].
a: I am sorry. The bank sent it back because the account was closed. Do you have a new one?
v: Yes, I changed banks in spring.
a: Please put the new one into the portal under Payments, and I start the refund again.
v: Done just now.
a: I see it. The money should be there within three working days.
v: OK, thank you.

= Pay later | plan | Agreed on three parts
v: I can't pay the whole bill at once this month. Is there anything you can do?
a: Of course. We can split {amount} into three parts, with no extra cost.
v: Really? That would be a relief.
a: The parts are due on the first of the next three months. Shall I set it up?
v: Yes please.
a: It is set up. Nothing is due before then.
v: Thank you, you are very kind.

= Double charge | refund | Second payment returned
v: You took {amount} twice from my account!
a: That should not happen, I look at once. I see one debit from us on the {day} and one payment
   that you sent yourself.
v: Hm. My partner may have transferred it.
a: That fits. I send the second one back today.
v: Sorry for shouting. Thanks.

= Reminder | resolved | Payment found and booked
v: I got a reminder though I paid on the {day}.
a: Let me look for it. Which reference did you write?
v: Only my name.
a: Found it. It lacked the customer number, so nobody knew where it belongs. It is booked now and
   the fee is gone.
v: [Great|Good], I will write the number next time.

= Tax and fees | resolved | Sent the table of price parts
v: Which part of the price is tax?
a: Of each kWh about a third is taxes and charges, a quarter the grid, the rest is energy and our
   work.
v: Is that written down somewhere?
a: Yes, on the last page of the bill. I send you the table as well.
v: Thanks, I am just curious.

= Solar credit | follow_up | Grid operator has to confirm the reading
v: My solar credit for last quarter is missing.
a: We wait for the grid operator's reading. Did you send yours to them?
v: I sent it to you.
a: Then I pass it on today and write to you when they have confirmed it.
v: How long does that take?
a: Usually a week.
v: All right, I wait.

= Estimated bill | resolved | Bill made again with the real reading
v: My bill is based on an estimate but I did send a reading: {reading}.
a: You did, on the {day}. It came one day after the bill was made. I make the bill again with it.
v: Will I get something back?
a: Yes, {smaller}. It comes off the next instalment.
v: [Lovely|Very good], thanks.

= Company invoice | follow_up | Asked accounting for invoices by e-mail
v: Our accounting needs the invoices as a machine-readable file.
a: We can send them as XRechnung. To which address?
v: invoices at our domain, the one you have.
a: I pass that on. From next month they come by e-mail in that form.
v: Could you send the last three again like that?
a: I ask for it and write to you tomorrow.
v: Thank you.
"""
