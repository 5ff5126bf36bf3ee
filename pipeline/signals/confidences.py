"""How sure each kind of evidence for `personal_data` is, and why.

A value of 0.5 or more is evidence that the comment shows somebody else's data; below it, the
evidence is shown beside others and decides nothing.
"""

SHOWN = 0.5
"""From here on evidence speaks for the label by itself."""

CONFIDENCE: dict[str, float] = {
    # Forms that nothing else has.
    "code.checked": 0.98,  # the checksum agrees: one chance in eleven if it were no code
    "code.named": 0.95,  # called a personal code by its own words
    "code.form": 0.85,  # six digits that are a date or start with 32 to 39, a dash, five digits
    "code.document": 0.3,  # the same form beside "contract" or "invoice"
    "code.wrong_form": 0.65,  # called a personal code, but its date cannot be
    "iban.checked": 0.95,
    "iban.form": 0.8,  # the Latvian form with a wrong checksum: a slip of the finger, or a mask
    "iban.organisation": 0.3,  # an account for donations or bills is public
    "card.named": 0.95,
    "card.grouped": 0.9,  # four groups of four, Luhn, a known issuer
    "card.bare": 0.7,  # one in ten numbers of this length passes Luhn
    "document.named": 0.9,
    "document.form": 0.6,  # two letters and seven digits also number invoices and parcels
    "email": 0.85,
    "email.unknown": 0.4,  # neither a mailbox that people have nor a name: mostly a firm's
    "email.own": 0.3,  # "write to me": the author may show it
    "profile": 0.6,  # a link to a person's page, with a word or name that points at the person
    "profile.bare": 0.3,
    # Forms that need company.
    "phone.person": 0.93,  # a name or a word for a third person stands near
    "phone.called": 0.4,  # called a phone, whose is unknown: mostly a found dog's or a job's
    "phone.fixed": 0.4,  # landlines are mostly those of institutions and shops
    "phone.named": 0.7,  # a mobile number beside a name, not called a phone
    "phone.first_name": 0.45,  # "call Edgars": mostly an advertisement's
    "phone.own": 0.3,
    "phone.organisation": 0.2,
    "plate.called": 0.85,  # "number" stands right before it
    "plate.vehicle": 0.7,
    "plate.short": 0.55,  # one or two digits
    "address.person": 0.92,  # a flat, and a name or a third person who lives there
    "address.living": 0.85,  # a flat, and "lives", "address"
    "address.flat": 0.6,  # a flat of a street by itself
    "address.house": 0.75,  # a house, and a named person or one who lives there
    "address.own": 0.3,
    "flat.person": 0.65,  # "flat 12" beside a name or a private circumstance
    # A name, or what is said of a named person.
    "name.tied": 0.9,
    "name.circumstance": 0.8,  # a full name and a private circumstance
    "name.first": 0.65,  # a first name alone, and a private circumstance
    "name.doubtful": 0.35,  # an official, a public figure, or a name that may be none
}
