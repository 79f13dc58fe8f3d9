"""Real visits for the demo, 2021 to 2025.

Facts: Office of the Historian, US Department of State, lists of the travels of presidents and
secretaries of state and of the visits of foreign leaders (public domain); the first column is the
row's number there. Nothing is said here that the row does not say; the sentences are ours.

Columns: row, start, end, country, city, kind, people met ("Title=Name"), topics, summary. An
incoming visit has the traveller in front of the people.
"""

TRAVELLERS = {
    "blinken": ("Antony Blinken", "Secretary of State", "secretary"),
    "biden": ("Joseph R. Biden", "President of the United States", "president"),
    "rubio": ("Marco Rubio", "Secretary of State", "secretary"),
}

OUTGOING = """
biden T4168|2023-02-20|2023-02-20|UA|Kyiv|visit|President=Volodymyr Zelenskyy|security|The president met his Ukrainian counterpart a year after the beginning of Russia’s invasion.
biden T4192|2023-02-21|2023-02-22|PL|Warsaw|visit|President=Andrzej Duda|security|Talks with Poland’s president, and a summit with the leaders of the Bucharest Nine and NATO’s secretary general.
biden T4107|2022-07-13|2022-07-15|IL|Jerusalem|visit||political-dialogue|Consultations with partners of the region, the first of two stops.
biden T4108|2022-07-15|2022-07-15|PS|Ramallah|visit||political-dialogue|Consultations with partners of the region, after two days in Jerusalem.
biden T4110|2022-11-11|2022-11-11|EG|Sharm el-Sheikh|conference||climate|The president took part in the United Nations’ climate conference of 2022.
biden T4188|2023-10-18|2023-10-18|IL|Tel Aviv|visit|Prime Minister=Benjamin Netanyahu|political-dialogue|A day in Tel Aviv with a meeting with the prime minister.
biden T4171|2023-05-18|2023-05-21|JP|Hiroshima|summit||economy|The summit of the G7, with bilateral and multilateral meetings beside it.
biden T4175|2023-09-10|2023-09-11|VN|Hanoi|visit|President=Vo Van Thuong;Prime Minister=Pham Minh Chinh|political-dialogue|Two days in Hanoi with the president and the prime minister.
biden T4298|2024-12-02|2024-12-04|AO|Luanda|visit|President=João Lourenço|political-dialogue|A visit of three days with a meeting with the president of Angola.
blinken T3999|2021-05-05|2021-05-06|UA|Kyiv|visit|President=Volodymyr Zelenskyy;Foreign Minister=Dmytro Kuleba|security|Meetings with the president and the foreign minister.
blinken T4003|2021-05-25|2021-05-26|IL|Jerusalem|visit|President=Reuven Rivlin;Prime Minister=Benjamin Netanyahu;Foreign Minister=Gabi Ashkenazi|political-dialogue|Meetings with the president, the prime minister, the foreign minister and other senior officials.
blinken T4005|2021-05-26|2021-05-26|EG|Cairo|visit|President=Abdel Fattah El-Sisi;Foreign Minister=Sameh Shoukry|political-dialogue|Meetings with the president and the foreign minister.
blinken T4006|2021-05-26|2021-05-27|JO|Amman|visit|King=Abdullah II;Deputy Prime Minister and Foreign Minister=Ayman Safadi|political-dialogue|Meetings with the king and the foreign minister, at the end of three days with three hosts.
blinken T4017|2021-09-06|2021-09-08|QA|Doha|visit|Amir=Tamim bin Hamad Al Thani;Deputy Prime Minister and Minister of Foreign Affairs=Mohammed bin Abdulrahman Al Thani|political-dialogue|Meetings with the amir and the foreign minister.
blinken T4032|2021-11-17|2021-11-18|KE|Nairobi|visit|President=Uhuru Kenyatta;Cabinet Secretary for Foreign Affairs=Raychelle Omamo|political-dialogue|Meetings with the president and the cabinet secretary for foreign affairs.
blinken T4033|2021-11-18|2021-11-19|NG|Abuja|visit|President=Muhammadu Buhari;Vice President=Yemi Osinbajo;Foreign Minister=Geoffrey Onyeama|political-dialogue|Meetings with the president, the vice president and the foreign minister.
blinken T4037|2021-11-19|2021-11-20|SN|Dakar|visit|President=Macky Sall;Foreign Minister=Aïssata Tall Sall|political-dialogue|Meetings with the president and the foreign minister, the last of three stops.
blinken T4044|2022-01-18|2022-01-20|UA|Kyiv|visit|President=Volodymyr Zelenskyy;Foreign Minister=Dmytro Kuleba|security|Three days in Kyiv with the president and the foreign minister.
blinken T4055|2022-03-05|2022-03-05|PL|Rzeszów|visit|Foreign Minister=Zbigniew Rau|security|A meeting with Poland’s foreign minister.
blinken T4056|2022-03-05|2022-03-06|MD|Chișinău|visit|President=Maia Sandu;Prime Minister=Natalia Gavrilita;Foreign Minister=Nicu Popescu|security|Meetings with the president, the prime minister and the foreign minister.
blinken T4062|2022-03-27|2022-03-27|PS|Ramallah|visit|President=Mahmoud Abbas|political-dialogue|A meeting with President Abbas.
blinken T4063|2022-03-29|2022-03-30|MA|Rabat|visit|Prime Minister=Aziz Akhannouch;Foreign Minister=Nasser Bourita|political-dialogue|Meetings with Morocco’s prime minister and foreign minister, and with the crown prince of Abu Dhabi.
blinken T4064|2022-03-30|2022-03-30|DZ|Algiers|visit|President=Abdelmadjid Tebboune;Foreign Minister=Ramtane Lamamra|political-dialogue|A day of meetings with the president and the foreign minister.
blinken T4082|2022-08-06|2022-08-06|PH|Manila|visit|President=Ferdinand Marcos Jr.;Secretary of Foreign Affairs=Enrique Manalo|political-dialogue|Meetings with the president and the secretary of foreign affairs.
blinken T4083|2022-08-07|2022-08-09|ZA|Pretoria|visit||political-dialogue|The launch of a United States strategy for sub-Saharan Africa, and a strategic dialogue with South Africa.
blinken T4086|2022-09-08|2022-09-09|UA|Kyiv|visit|President=Volodymyr Zelenskyy;Foreign Minister=Dmytro Kuleba|security|Meetings with the president and the foreign minister.
blinken T4098|2022-11-21|2022-11-22|QA|Doha|visit|Deputy Prime Minister and Minister of Foreign Affairs=Mohammed bin Abdulrahman Al Thani|political-dialogue|The fifth annual strategic dialogue with Qatar was opened.
blinken T4121|2023-01-29|2023-01-30|EG|Cairo|visit|President=Abdel Fattah El-Sisi;Foreign Minister=Sameh Shoukry|political-dialogue|Meetings with the president, the foreign minister and senior officials.
blinken T4122|2023-01-30|2023-01-30|IL|Jerusalem|visit|Prime Minister=Benjamin Netanyahu;Foreign Minister=Eli Cohen|political-dialogue|Meetings with the prime minister, the foreign minister and other leaders.
blinken T4123|2023-01-31|2023-01-31|PS|Ramallah|visit|President=Mahmoud Abbas|political-dialogue|A meeting with President Abbas closed three days in the region.
blinken T4127|2023-02-27|2023-02-28|KZ|Astana|conference||political-dialogue|A ministerial meeting in the C5+1 format, and talks with senior Kazakh officials.
blinken T4128|2023-02-28|2023-03-01|UZ|Tashkent|visit||political-dialogue|Talks with Uzbek officials.
blinken T4132|2023-03-14|2023-03-16|ET|Addis Ababa|visit||political-dialogue|Talks with Ethiopian officials and with the chairperson of the African Union Commission.
blinken T4133|2023-03-16|2023-03-17|NE|Niamey|visit|President=Mohamed Bazoum;Foreign Minister=Hassoumi Massaoudou|security|Meetings with the president and the foreign minister of Niger.
blinken T4140|2023-05-21|2023-05-22|PG|Port Moresby|visit|Prime Minister=James Marape|political-dialogue|Meetings with the prime minister and with leaders of the Pacific Islands Forum, on the president’s behalf.
blinken T4152|2023-07-26|2023-07-27|TO|Nukuʻalofa|visit||political-dialogue|A new United States embassy was dedicated; the secretary met senior officials.
blinken T4185|2023-11-29|2023-11-29|MK|Skopje|conference|Prime Minister=Dimitar Kovačevski;Foreign Minister=Bujar Osmani|security|The ministerial meeting of the OSCE, and meetings with the prime minister and the foreign minister.
blinken T4204|2024-01-22|2024-01-22|CV|Praia|visit|Prime Minister=Ulisses Correia e Silva|political-dialogue|A meeting with the prime minister, the first of four stops.
blinken T4205|2024-01-23|2024-01-23|CI|Abidjan|visit|President=Alassane Ouattara|political-dialogue|A meeting with the president.
blinken T4206|2024-01-23|2024-01-24|NG|Abuja|visit|President=Bola Tinubu;Foreign Minister=Yusuf Maitama Tuggar|political-dialogue|Meetings with the president and the foreign minister; the stay took in Lagos too.
blinken T4207|2024-01-24|2024-01-25|AO|Luanda|visit|President=João Lourenço;Foreign Minister=Téte António|political-dialogue|Meetings with the president and the foreign minister closed the journey.
blinken T4214|2024-02-15|2024-02-15|AL|Tirana|visit|Prime Minister=Edi Rama;President=Bajram Begaj|political-dialogue|Meetings with the prime minister and the president.
blinken T4222|2024-03-19|2024-03-19|PH|Manila|visit|President=Ferdinand Marcos Jr.;Secretary of Foreign Affairs=Enrique Manalo|political-dialogue|Meetings with the president and the secretary of foreign affairs.
blinken T4235|2024-05-29|2024-05-29|MD|Chișinău|visit|President=Maia Sandu;Prime Minister=Dorin Recean|political-dialogue|Meetings with the president, the prime minister and other senior officials.
blinken T4272|2024-12-12|2024-12-13|TR|Ankara|visit|President=Recep Tayyip Erdoğan;Foreign Minister=Hakan Fidan|political-dialogue|Meetings with the president and the foreign minister.
blinken T4276|2025-01-07|2025-01-07|JP|Tokyo|visit|Prime Minister=Ishiba Shigeru;Foreign Minister=Iwaya Takeshi|political-dialogue|Meetings with the prime minister and the foreign minister.
rubio T4287|2025-02-15|2025-02-17|IL|Jerusalem|visit|Prime Minister=Benjamin Netanyahu;President=Isaac Herzog|political-dialogue|Meetings with the prime minister and the president.
"""

INCOMING = """
V3025|2021-07-19|2021-07-19|JO||working_visit|King=Abdullah II|political-dialogue|A working visit.
V3043|2022-01-31|2022-01-31|QA||working_visit|Amir=Tamim bin Hamad Al Thani|political-dialogue|A working visit.
V3062|2022-12-13|2022-12-15|DZ||summit|Prime Minister=Aïmene Benabderrahmane|political-dialogue|Algeria’s prime minister attended the summit of the United States and African leaders.
V3104|2022-12-13|2022-12-15|EG||summit|President=Abdel Fattah El-Sisi|political-dialogue|Egypt’s president attended the summit of the United States and African leaders.
V3130|2022-12-13|2022-12-15|MA||summit|Prime Minister=Aziz Akhannouch|political-dialogue|Morocco’s prime minister attended the summit of the United States and African leaders.
V3143|2022-12-13|2022-12-15|TN||summit|President=Kais Saied|political-dialogue|Tunisia’s president attended the summit of the United States and African leaders.
V3133|2022-12-13|2022-12-15|NE||summit|President=Mohamed Bazoum|political-dialogue|Niger’s president attended the summit of the United States and African leaders.
V3058|2022-12-21|2022-12-21|UA||working_visit|President=Volodymyr Zelenskyy|security|A working visit.
V3217|2023-12-12|2023-12-12|UA||working_visit|President=Volodymyr Zelenskyy|security|An official working visit.
V3158|2023-05-01|2023-05-01|PH||working_visit|President=Ferdinand Marcos Jr.|political-dialogue|An official working visit.
V3255|2024-05-23|2024-05-23|KE||state_visit|President=William Ruto|political-dialogue|A state visit.
V3248|2024-04-10|2024-04-10|JP||official_visit|Prime Minister=Kishida Fumio|political-dialogue|An official visit.
V3279|2024-07-10|2024-07-11|AL|Washington|summit|Prime Minister=Edi Rama|security|Albania’s prime minister attended the summit for NATO’s 75th anniversary.
V3298|2024-07-10|2024-07-11|ME|Washington|summit|Prime Minister=Milojko Spajić|security|Montenegro’s prime minister attended the summit for NATO’s 75th anniversary.
V3301|2024-07-10|2024-07-11|MK|Washington|summit|Prime Minister=Hristijan Mickoski|security|North Macedonia’s prime minister attended the summit for NATO’s 75th anniversary.
"""

# Consecutive stops of one traveller: title, rows.
TOURS = {
    "Antony Blinken: Jerusalem, Cairo, Amman, May 2021": ("T4003", "T4005", "T4006"),
    "Antony Blinken: Nairobi, Abuja, Dakar, November 2021": ("T4032", "T4033", "T4037"),
    "Antony Blinken: Cairo, Jerusalem, Ramallah, January 2023": ("T4121", "T4122", "T4123"),
    "Antony Blinken: Astana, Tashkent, February and March 2023": ("T4127", "T4128"),
    "Antony Blinken: Addis Ababa, Niamey, March 2023": ("T4132", "T4133"),
    "Antony Blinken: Praia, Abidjan, Abuja, Luanda, January 2024": (
        "T4204",
        "T4205",
        "T4206",
        "T4207",
    ),
}

TOPICS = {
    "security": ("Security", "Defence, policing, and the limits set to both."),
    "political-dialogue": ("Political dialogue", "Talks between governments, whatever their subject."),
    "climate": ("Climate", "What states agree on the climate, and in its name."),
    "economy": ("Economy", "Trade, finance and the rules of both."),
    "ports-and-shipping": ("Ports and shipping", "Harbours, sea lanes and the people who work them."),
}  # fmt: skip
