"""What people write to Contracts and sales of Nordlicht Energie. Not for code: see `dialogues`."""

TEXT = """
= Cancel | kept | Stays after a change to Brise
v: I want to cancel. Another company is cheaper.
a: I am sorry to hear that, {name}. May I look whether we can do better first?
v: If it is quick.
a: With your usage of {usage} kWh, our tariff Brise would have cost {smaller} less last year.
v: Why did nobody tell me?
a: You are right to ask. We should have. You can change from the first of next month, with no fee.
v: All right, then I change to that.
a: Done. You get the confirmation by e-mail, and the old contract ends by itself.

= Cancel for good | cancelled | Contract ends as asked
v: Please end my contract. I am [moving abroad|moving in with my partner].
a: Of course. On which day do you hand over the flat?
v: On the {day}.
a: Then the contract ends on that day. Please send the reading, and we send the last bill.
v: Easy, thanks.
a: All the best for the new home.

= Heat pump offer | offer | Offer for a heat pump requested
v: We think about a heat pump for an old house, built 1968. Does that [work|make sense]?
a: In most cases yes. Do you know what you use for heating today?
v: Gas, about 18,000 kWh.
a: Then a pump of 8 to 10 kW would do, with some larger radiators. We send somebody to look, free
   of charge.
v: Is there still public money for it?
a: Up to 70 per cent, depending on your income. The adviser brings the papers.
v: Then please make an appointment.

= Wallbox price | offer | Offer for a charger sent
v: What does a charger cost with installation?
a: The box is {amount}, the installation mostly between 600 and 900. We look at your fuse box on a
   photo first.
v: Where do I send the photo?
a: You can attach it here with the paper clip.
v: I do it tonight when I am at home.
a: Very good. You can write in this chat again, we see what we have talked about.
v: Handy.

= Which tariff | offer | Recommended Brise
v: Küste or Brise, which one is [better|right] for us?
a: Do you have a smart meter or an electric car?
v: A car, yes, charged at night.
a: Then Brise. At night it was below 20 ct most of the year.
v: And if prices rise?
a: You can go back to Küste within a month.
v: Sounds fair. I take Brise.

= New customer | offer | Contract sent for signature
v: Hi, I would like to [become a customer|switch to you].
a: Welcome. Which postcode, and about how much do you use in a year?
v: {postcode}, {usage} kWh.
a: With Küste that is {amount} a month, fixed for a year. Shall I send the contract?
v: Do I have to cancel with my old supplier?
a: No, we do that for you.
v: Then send it please.

= Price guarantee | resolved | Guarantee explained
v: How long does my price hold?
a: Till the end of March next year. We write six weeks before it changes.
v: Can I take it for two years?
a: Not at the moment. From March you can choose one more year.
v: OK.

= Landlord | follow_up | Asked key accounts for a collective offer
v: I let twelve flats. Is there an offer for the whole house?
a: There is: one contract for stairs, heating and chargers, and the tenants may join in.
v: Who could explain that to me?
a: Our colleagues for houses. They call you tomorrow between 9 and 12.
v: Good, I am in the office.

= Fibre tariff | kept | Changed to fibre 500 at the old price
v: Your competitor offers 500 Mbit for less than my 250.
a: I see. As you have been with us for three years, I can give you 500 at the price you pay now.
v: For how long?
a: Two years. The change takes one night.
v: Then I stay.
"""
