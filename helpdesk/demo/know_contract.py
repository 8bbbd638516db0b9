"""What Nordlicht Energie knows about bills, contracts, moving and fibre. Not for code."""

TEXT = """
@@ bills | public | bill, instalment
# Understand your yearly bill
> What you used, what you paid, and what is left over.

The first page has three numbers:

1. **Used**: kilowatt hours between the two readings, times your price, plus the basic fee.
2. **Paid**: all monthly instalments we have received.
3. **The difference**: we pay it back within two weeks, or collect it with the next instalment.

## Why is it higher than last year?

- The reading was estimated last time (there is an **E** beside it) and has been made up for now.
- The price changed during the year. Then there are two lines with a date each.
- You have a new device. A heat pump uses 3,000 to 5,000 kWh a year.

::: tip Reading looks wrong?
Send us a photo of the meter on which every digit can be read. A corrected bill comes within a week.
:::
@@@ de
# Ihre Jahresrechnung verstehen
> Was Sie verbraucht und gezahlt haben, und was übrig bleibt.

Auf der ersten Seite stehen drei Zahlen: **verbraucht**, **gezahlt** und **der Unterschied**. Ein
Guthaben zahlen wir innerhalb von zwei Wochen aus, eine Nachzahlung kommt mit dem nächsten Abschlag.

## Warum höher als im letzten Jahr?

- Die Ablesung war geschätzt (ein **E** daneben) und ist nun nachgeholt.
- Der Preis hat sich im Jahr geändert: Dann stehen dort zwei Zeilen mit Datum.
- Sie haben ein neues Gerät. Eine Wärmepumpe braucht 3.000 bis 5.000 kWh im Jahr.

@@ bills | public | instalment
# Change your monthly instalment
> Up or down by as much as fits your use, from the next month on.

Write to us what you want to pay; we answer with what we expect at the end of the year. From the
next month on it is collected so.

We only advise against going below what you use: the rest comes as one sum with the yearly bill.

@@ bills | public | payment, bank
# Pay by direct debit, or change your bank account
> Send us a signed mandate. Until it is there, please transfer.

1. Download the mandate from your letter of welcome, or ask us for one.
2. Sign it and send us a photo.
3. You get a confirmation with the day of the first debit, at least five days ahead.

::: warning
We never ask for passwords or codes of your bank, neither by telephone nor by mail.
:::

@@ bills | signed_in | refund
# When do I get my credit back?
> Within fourteen days after the bill, to the account we collect from.

No account on file? Then we ask for one by letter, since anybody could send us an account number by
mail. Answer the letter, and the money is there three working days later.

@@ bills | internal | dunning, refund
# Promises about money that we keep
> What the desk may promise, and what needs Katrin or Malte.

| what | up to | who |
|---|---|---|
| pay back a fee | 10 EUR | everybody |
| instalments for a debt | 6 months | everybody |
| a longer plan | 24 months | supervisor |
| goodwill after a complaint | 50 EUR | supervisor |

Write every promise on the ticket, with its day.

@@ moving | public | moving, address
# Moving house: take your contract with you
> Tell us two weeks before. It takes five minutes.

We need three things: the new address, the day you get the keys, and the number of the meter there
(it is on the meter itself, under the bar code).

- **Old home**: read the meter on the day you hand over the keys and send us a photo.
- **New home**: read the meter on the day you move in.
- **The price stays the same**, if our grid area does. We tell you if it does not.

::: info Somebody already supplies the new home?
That is always so. We sign them off for you; there is never a gap.
:::
@@@ de
# Umzug: den Vertrag mitnehmen
> Zwei Wochen vorher Bescheid geben genügt.

Wir brauchen die neue Adresse, den Tag der Schlüsselübergabe und die Nummer des Zählers dort (unter
dem Strichcode). Bitte lesen Sie beide Zähler an dem Tag ab, an dem Sie die Schlüssel abgeben oder
bekommen.

@@ moving | public | meter reading
# Read your meter and send us the number
> Digits before the comma are enough.

- **Old meter with a wheel**: all black digits, not the red ones.
- **Digital meter**: press the button until **1.8.0** shows. That is what you used.
- **With solar panels**: also **2.8.0**, what you fed in.

Send it in the chat, by mail, or as a photo. We take readings until the third of the month.

@@ moving | public | smart meter
# When do I get a smart meter?
> The operator of your grid installs it; you get a letter ten days before.

Everybody who uses more than 6,000 kWh a year, has solar panels above 7 kW or a controllable heat
pump gets one by 2030. It costs 20 to 50 EUR a year, depending on your use.

You only have to be there if the meter is behind your door.

@@ contracts | public | cancel, contract
# Cancel your contract, or take the cancellation back
> In writing, with one month's notice. Changed your mind? A word is enough.

Write to us with your contract number and the day. You get a confirmation within three days, and the
final bill within six weeks.

If the price was raised, you may leave on the day on which the new price begins, without notice.

::: tip Before you go
Ask us for a better price first. There often is one for those who stay.
:::
@@@ de
# Vertrag kündigen oder Kündigung zurücknehmen
> Schriftlich, mit einem Monat Frist.

Schreiben Sie uns Vertragsnummer und Tag. Die Bestätigung kommt innerhalb von drei Tagen, die
Schlussrechnung innerhalb von sechs Wochen.

@@ contracts | public | price, tariff
# What the price is made of
> A third is energy. The rest is the grid, taxes and levies.

| part | share | set by |
|---|---|---|
| energy and sales | 38 % | us |
| grid and meter | 29 % | the grid operator |
| taxes and levies | 33 % | the state |

When a part changes you get a letter six weeks before, with the old and the new price side by side.

@@ contracts | internal | retention
# Offers for customers who want to leave
> What Retention may offer, in this order.

1. Ask why. Half of them only want to be heard about a bill: hand over to Billing.
2. Price: the tariff *Treue 12*, two cents less, twelve months.
3. Heat pump or charger in the house: *Flex Home*, with cheap hours at night.
4. Nothing fits? Thank them, confirm the day, and mark the reason.

@@ fibre | public | internet, router
# Internet is slow or gone
> Restart the router and the fibre box, in this order.

1. Unplug the **router** and the small **fibre box** on the wall.
2. Plug in the fibre box. Wait until *PON* is green and steady.
3. Plug in the router. Wait five minutes.

Measure with a cable, not over WLAN. Below half of what your contract says? Write to us with the
time and the number.

- *PON* blinks: the line is disturbed. See whether we know of it already on the front page.
- *LOS* is red: the fibre is cut or bent. Please don't pull it; we come.
@@@ de
# Internet langsam oder weg
> Router und Glasfaserbox neu starten, in dieser Reihenfolge.

1. **Router** und die kleine **Glasfaserbox** an der Wand ausstecken.
2. Glasfaserbox einstecken und warten, bis *PON* grün leuchtet.
3. Router einstecken und fünf Minuten warten.

@@ fibre | public | wlan, router
# Better WLAN in the whole house
> Where the router stands matters more than which one it is.

- High and in the open, not in a cupboard and not behind the television.
- In the middle of the flat; each wall costs half of the speed.
- Channel on *automatic*. Baby monitors and microwaves disturb 2.4 GHz, not 5 GHz.
- A repeater belongs half-way, where the signal is still good.
"""
