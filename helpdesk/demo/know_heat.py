"""What Nordlicht Energie knows about heat pumps and chargers. Not for code: see `knowledge`."""

TEXT = """
@@ heat-pumps | public | heat pump, error, pressure
# Heat pump shows error E04: refill the heating water
> The pressure is too low. You can refill it yourself in ten minutes.

Error **E04** means that there is too little water in the heating circuit. The pump stops to protect
itself; nothing is broken.

## What you need

- the refill hose from the plant room
- a bucket and a cloth

## Refill the water

1. Switch the pump off at the panel (hold **Off** for three seconds).
2. Connect the hose to the tap marked *refill* and open both valves slowly.
3. Watch the gauge. Close the valves at **1.5 bar**.
4. Switch the pump on. The error goes after about two minutes.

| gauge | what it means |
|---|---|
| below 0.8 bar | the pump stops with E04 |
| 1.2 to 1.8 bar | all is well |
| above 2.5 bar | too much: call us |

::: warning If the pressure falls again
Refilled twice within a month? Then water is lost somewhere. Please ask for a visit, and keep the
emergency heating on until then.
:::

::: internal
Serial numbers below NL-2200 have the weak membrane: book a visit at the second call.
Part 4711-M is in every van.
:::
@@@ de
# Wärmepumpe zeigt Fehler E04: Heizungswasser nachfüllen
> Der Druck ist zu niedrig. In zehn Minuten füllen Sie selbst nach.

Fehler **E04** heißt: Im Heizkreis ist zu wenig Wasser. Die Pumpe schaltet ab, um sich zu schützen;
es ist nichts kaputt.

## Nachfüllen

1. Pumpe am Bedienfeld ausschalten (**Aus** drei Sekunden halten).
2. Schlauch am Hahn *Nachfüllen* anschließen, beide Ventile langsam öffnen.
3. Bei **1,5 bar** schließen.
4. Pumpe einschalten. Nach etwa zwei Minuten ist der Fehler weg.

::: warning Fällt der Druck wieder?
Zweimal in einem Monat nachgefüllt: Dann geht irgendwo Wasser verloren. Bitte melden Sie sich.
:::

::: internal
Seriennummern unter NL-2200: beim zweiten Anruf gleich einen Besuch buchen.
:::

@@ heat-pumps | public | heat pump, noise, neighbours
# Make your heat pump quieter at night
> Night mode lowers the fan between 22:00 and 6:00.

The fan is what is heard. Night mode lets it turn more slowly; the house stays warm, it only takes a
little longer in the morning.

1. Open **Schedule** on the panel or in the app.
2. Choose **Quiet operation** and set 22:00 to 6:00.
3. Save. A moon shows that it is on.

::: tip
Leaves or snow on the grille make it louder than any setting. A soft brush is enough.
:::

The limit for a residential area is 35 dB(A) at the neighbour's window at night. With night mode our
pumps keep it from three metres on.
@@@ de
# Wärmepumpe nachts leiser stellen
> Der Nachtmodus bremst den Lüfter von 22 bis 6 Uhr.

1. **Zeitplan** am Bedienfeld oder in der App öffnen.
2. **Leiser Betrieb** wählen und 22:00 bis 6:00 einstellen.
3. Speichern. Ein Mond zeigt, dass er läuft.

::: tip
Laub oder Schnee am Gitter ist lauter als jede Einstellung. Ein weicher Besen genügt.
:::

@@ heat-pumps | public | heat pump, heating curve
# Rooms too warm or too cold: set the heating curve
> One number decides how warm the water is on a cold day.

The heating curve says how warm the water has to be for the weather outside. Too steep a curve costs
money and makes rooms too warm; too flat a one leaves them cold on frosty days.

- Too warm on cold days: lower the curve by **0.1**, wait a day.
- Too cold on cold days: raise it by **0.1**, wait a day.
- Wrong on mild days only: change the *parallel shift* instead.

Modern houses are happy between 0.3 and 0.6, older ones with radiators between 0.8 and 1.2.

@@ heat-pumps | public | heat pump, maintenance
# What happens at the yearly check
> A technician comes once a year for about an hour. It is part of your contract.

We clean the filter and the condensate drain, measure the refrigerant and the pressure, read the
fault memory and bring the software up to date.

Please make sure that the plant room can be reached and that there is a socket. You do not have to
be there if somebody lets us in.

::: info When do you come?
You get a letter with a window of two hours, ten days before. Another day suits you better? Answer
the letter, or write to us in the chat.
:::

@@ heat-pumps | internal | heat pump, fault codes
# Fault codes of the heat pump, for the desk
> Which code is for the customer, and which needs a visit.

| code | meaning | customer can | visit |
|---|---|---|---|
| E04 | pressure low | refill once | at the second time |
| E11 | flow sensor | restart | yes |
| E17 | outdoor sensor | nothing | yes, not urgent |
| E21 | compressor blocked | emergency heating on | today |
| E32 | no network | restart router | no |

With E21 ask for the outside temperature. Below −5 °C it goes to the on-call technician at once.

@@ chargers | public | charger, app
# Connect your wallbox with the app
> Scan the code on the side of the box, or type the serial number.

1. Open the app and tap **+**.
2. Scan the code on the right side of the box. If the sticker is gone, type the serial number from
   your contract.
3. Choose your network and enter its password.
4. Wait for the green light.

From then on the car charges when power is cheapest. To charge at once, tap **Now**.

::: danger Never open the box
There is mains voltage behind the cover, also when the light is off.
:::
@@@ de
# Wallbox mit der App verbinden
> Code an der Seite scannen oder Seriennummer eingeben.

1. App öffnen, auf **+** tippen.
2. Code an der rechten Seite scannen. Ist er weg: Seriennummer aus dem Vertrag eingeben.
3. Netzwerk wählen, Passwort eingeben.
4. Auf das grüne Licht warten.

::: danger Niemals öffnen
Hinter dem Deckel liegt Netzspannung an, auch wenn das Licht aus ist.
:::

@@ chargers | public | charger, offline
# Wallbox is offline
> Nine times of ten a restart brings it back.

Look at the light on the box first.

- **Green**: it works and only the app is wrong. Sign out of the app and in again.
- **Blue, blinking**: it looks for the network. Give it two minutes.
- **Red, blinking**: it lost the network. Restart it as below.
- **Red, steady**: it found a fault. Please don't charge, and write to us.

## Restart the box

1. Unplug the car.
2. Switch the fuse marked *charger* off, count to thirty, switch it on.
3. Wait until the light is blue, then green.

Still red? Check whether your router was replaced: the box only knows the old network name. Connect
it anew with [the app](article:APP).
@@@ de
# Wallbox ist offline
> In neun von zehn Fällen hilft ein Neustart.

- **Grün**: Alles gut, nur die App irrt. Bitte ab- und wieder anmelden.
- **Blau, blinkend**: Sie sucht das Netz. Zwei Minuten warten.
- **Rot, blinkend**: Netz verloren. Neu starten.
- **Rot, dauernd**: Fehler. Bitte nicht laden und uns schreiben.

## Neu starten

1. Auto abstecken.
2. Sicherung *charger* aus, bis dreißig zählen, wieder ein.
3. Warten, bis das Licht blau und dann grün wird.

@@ chargers | public | charger, slow, 11 kW
# The car charges more slowly than it should
> Three things limit the speed: the car, the box and the house.

| you see | it is | do this |
|---|---|---|
| 3.7 kW | one phase only | ask us for the agreement of the grid operator |
| 7.4 kW | two phases | the car can't do more |
| 8 to 10 kW | load management | others in the house draw power now |
| falls at the end | the battery is nearly full | nothing, that is meant |

In the app, **Settings, Limits** shows what the installer has set. If it says 16 A on one phase and
your agreement says three, write to us and we change it from here.

@@ chargers | internal | charger, limits
# Change the current limit of a wallbox from the desk
> Only with the agreement of the grid operator on file.

1. Open the contract and check that the agreement is there and says **three phases**.
2. In the device portal choose the box by its serial number, **Limits, 3 x 16 A**.
3. Ask the customer to unplug and plug in again; the app shows 11 kW within a minute.

No agreement? Open a ticket of the type *grid operator* and tell the customer: two to four weeks.
"""
