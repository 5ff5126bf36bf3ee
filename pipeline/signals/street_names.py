"""Names of streets that many Latvian towns have, in the genitive that stands before `iela`."""

STREETS_LATVIAN = """
Brīvības Rīgas Meža Parka Dārza Dārzu Skolas Liepu Upes Kalna Pļavu Ziedu Krasta Mālkalnes Zilokalnu
Grīvas Turkalnes Suntažu Akmeņu Tīnūžu Daugavpils Jelgavas Lielā Mazā Jaunā Vecā Ozolu Bērzu Kļavu
Priežu Egļu Kastaņu Ievu Ceriņu Rožu Saules Mēness Zvaigžņu Lauku Tīruma Birzes Birztalu Stacijas
Dzelzceļa Celtnieku Strautu Strauta Avotu Ezera Jūras Kāpu Smilšu Kalēju Kalnu Miera Draudzības
Jaunatnes Lāčplēša Barona Raiņa Aspazijas Blaumaņa Valdemāra Čaka Poruka Brīvzemnieka Ausekļa
Pumpura Upīša Kronvalda Dainu Līvu Kuršu Zemgaļu Zemgales Latgales Vidzemes Kurzemes Sēlijas Latgaļu
Indrānu Baznīcas Pils Tirgus Torņa Vaļņu Mūra Pasta Ostas Zvejnieku Amatu Audēju Mūrnieku Slimnīcas
Aptiekas Bērnu Sporta Stadiona Dzirnavu Rūpnīcas Fabrikas Darba Strādnieku Kolhoza Siguldas Cēsu
Valmieras Madonas Ērgļu Lielvārdes Ķeguma Ikšķiles Salaspils Norupes Ciema Centra Vidus Robežu
Robežas Gravas Gaujas Daugavas Ogres Abavas Ventas Lielupes Mednieku Putnu Lakstīgalu Dzērvju Stārķu
Bezdelīgu Vītolu Alkšņu Lazdu Apšu Pīlādžu Rudzu Kviešu Auzu Linu Miežu Āboliņa Vizbuļu Vijolīšu
Madaru Rasas Vējavas Austrumu Rietumu Ziemeļu Dienvidu Apinu Viršu Sūnu Ogu Zemeņu Aveņu Jasmīnu
Neļķu Tulpju Magoņu Pilskalna Kapu Kauguru Loka Dambja Bebru Vilku Lapsu Stirnu Briežu Zaķu Vāveru
Ūdens Krastmalas Ganību Lopu Fermas Kauliņa Vairaka Vairoga Zirgu Skuju Klavu Ābeļu Bumbieru Plūmju
Ķiršu Kārļa Jēkaba Pētera Jāņa Annas Marijas Elizabetes Ģertrūdes Matīsa Tērbatas Maskavas Krišjāņa
Imantas Kurbada Lāčupes Rītausmas Vakara Rīta Nākotnes Cerības Uzvaras Gaismas Spīdolas Staburaga
Spodrības Cīruļu Dzeņu Ķīšu Kaijas Bruņinieku Zaļā Baltā Sarkanā Melnā Klusā Īsā Garā Plašā Šaurā
Augstā Zemā Pirmā Otrā
"""
STREETS_RUSSIAN = """
Бривибас Ригас Межа Парка Дарза Дарзу Сколас Лиепу Упес Кална Плаву Пляву Зиеду Краста Малкалнес
Зилокалну Гривас Туркалнес Сунтажу Акменю Тинужу Даугавпилс Елгавас Лиела Маза Яуна Веца Озолу Берзу
Клаву Клявю Приежу Эглю Кастаню Иеву Цериню Рожу Саулес Менесс Лауку Тирума Бирзес Стацияс Дзелзцеля
Целтниеку Страуту Авоту Эзера Юрас Смилшу Калею Калну Миера Драудзибас Яунатнес Лачплеша Барона
Райня Аспазияс Блауманя Валдемара Чака Порука Аусекля Пумпура Кронвалда Земгалю Земгалес Латгалес
Видземес Курземес Базницас Пилс Тиргус Торня Валню Паста Остас Звейниеку Слимницас Дзирнаву Дарба
Сигулдас Цесу Мадонас Эрглю Лиелвардес Кегума Икшкилес Норупес Центра Видус Гауяс Даугавас Огрес
Витолу Алкшню Лазду Апшу Пиладжу Рудзу Квиешу Скую Скуню Вайраку Зиргу Круму Пушкина Ленина Гагарина
Мира Садовая Лесная Школьная Центральная Новая Зелёная Парковая Речная Мирную Садовой Лесной
Школьной Центральной
"""
