# An invented randomised log, the same on every machine: awk -f examples/first-steps/log.awk > log.csv
# Each user was offered nothing, 2.00 or 5.00 EUR, by chance. A coupon brings orders of members who come seldom, and hardly any else.

function unit() {
  state = (state * 16807) % 2147483647
  return state / 2147483647
}

BEGIN {
  state = 20250101
  print "visits,member,city,offer,ordered"
  for (row = 0; row < 20000; row++) {
    visits = int(10 * unit())
    member = unit() < 0.5
    city = unit() < 0.5 ? "north" : "south"
    offer = int(3 * unit())
    chance = 0.05 + 0.02 * visits
    if (offer > 0) chance += member && visits < 5 ? 0.15 + 0.1 * offer : 0.01
    printf "%d,%d,%s,%s,%d\n", visits, member, city, offer == 0 ? "none" : offer == 1 ? "coupon-2" : "coupon-5", unit() < chance
  }
}
