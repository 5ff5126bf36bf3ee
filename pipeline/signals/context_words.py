"""Words whose company tells what a number or a name is; the evidence behind `context.py`.

A star ends a stem. Latvian is written with its marks and Russian in Cyrillic: the other spellings
are derived. A tag that a word carries says what the word is about, never that a rule is broken.
"""

CONTEXT_WORDS: dict[str, dict[str, str]] = {
    # Numbers and addresses of people
    "phone": {
        "lv": """fiksētais klausul* telef trub* sakar* t tel telf telefon* telef tālr tālrun* mob
        mobil* mobīl* zvan* sazvan* piezvan* uzzvan* zvanīt zvanat sms īsziņ* whatsapp* vatsap*
        watsap* viber* vaiber* telegram* pierunā zvanien* nummur* fons snap""",
        "ru": """т тел телеф* моб мобил* мобильн* звон* позвон* перезвон* названива* созвон*
        дозвон* набер* набир* ватсап* вацап* вотсап* вайбер* смс* эсэмэс* трубк* телег телеграм*
        тлф""",
        "en": "phone* call calling mobile cell text whatsapp viber telegram tel sms ring dial",
    },
    "number": {
        "lv": "nr numur* numurs num numuriņ* kontakt* sakari rakst* uzrakst* sazin*",
        "ru": "номер* ном номерок контакт* пиш* напиш* связ* свяж*",
        "en": "number* no contact* write reach",
    },
    "document": {
        "lv": """rēķin* līgum* reģistr* reģ kadastr* iepirkum* pasūtījum* sūtījum* protokol*
        iesniegum* pieteikum* lēmum* skaitītāj* projekt* pvn biļet* loterij* klienta abonent* lietā
        kvīt* čeka čeks paka pakas rīkojum* saistoš* noteikum* iepirk*""",
        "ru": """счёт-фактур* договор* заказ* посылк* кадастр* регистрац* заявлен* решени*
        протокол* трек* инн огрн квитанц* чек чека тендер* закупк* проект* билет* лотере* абонент*
        лицев* дело дела постановл* счётчик* регистр*""",
        "en": """invoice* contract* order* tracking parcel* registration ticket* tender project*
        ref""",
    },
    "money": {
        "lv": """eiro eur euro lats lati latu budžet* tūkst* milj* miljon* summ* izmaks* dotācij*
        cent*""",
        "ru": "евро руб рубл* бюджет* тыс* млн миллион* сумм* дотац* цент*",
        "en": "euro euros eur budget* million* thousand* sum",
    },
    "person": {
        "lv": """viņš viņa viņas viņam viņai viņu viņos viņiem viņām viņi tev tavs tava tavu tavas
        tavā tavam kaimiņ* īpašniek* īpašniec* saimniek* bijušais bijušā bijušo bijušajam bijušajai
        kungs kundz* kungam kunga mamma mammas mammai mammu māte mātes mātei tēvs tēva tēvam vīrs
        vīra vīram sieva sievas sievai sievu meita meitas dēls dēla māsa māsas brālis brāļa
        skolotāj* audzinātāj* audzīt* pārdevēj* grāmatved* šoferis šofera ārste ārstei ārsts
        medmās* īrniec* īrniek* parādniek* parādniec* krāpnie* zagl* vaininiek* kolēģ* puisis puika
        sieviete vīrietis meitene onkul* vecis vecene tante šefs priekšniec* klasesbiedr*
        dzīvesbiedr* draudzene draugs mamm* radinie* zvanītāj* sūdzētāj* autor* darbiniec*
        darbiniek* apkopēj* sētnie*""",
        "ru": """он она его её ему ей ним ней неё нём них их им тебе твой твоя твоё твою сосед*
        хозяин* хозяйк* муж мужа жена жены мама мамы мамаш* мать отец отца бывш* дама дамы мужик*
        тёт* бабк* парень парня девк* девуш* девочк* мальчик* учительниц* воспитательниц*
        продавщиц* врач* медсестр* бухгалтер* водител* владел* должник* должниц* вор воришк*
        мошенни* сын* дочк* дочер* брат* сестр* тип типа коллег* начальни* классн* жильц* жилич*
        заявител* жалобщи* автор* квартирант* арендатор* уборщиц* дворник* кассирш* она-то""",
        "en": """his her he she him hers their them neighbour* neighbor* owner* ex guy woman man
        lady wife husband mother father mum mom dad son daughter sister brother teacher debtor
        landlord* tenant* thief colleague""",
    },
    "whereabouts": {
        "lv": """stāva stāvā stāv kāpņutelp* kāpņu klases klasē klase grupas grupiņas dzīvok* mājas
        mājā ielas ciema pagasta laiptelp* durvīm""",
        "ru": "подъезд* этаж* класс* групп* квартир* дома доме посёлк* деревн* хутор* улицы",
        "en": "floor class flat apartment street village",
    },
    "grievance": {
        "lv": """privāt* personīg* personisk* krāpj krāpa apkrāp* piekrāp* krāpnie* zaga zog zagt*
        zagl* nozag* neatdod* neatdeva pazuda aizmuk* apmān* uzmanieties sargieties nemaksā
        melo melis draud lamā* skandāl* apsauk* sit sita sabrauc* nobrauc* apdzina uzkliedz*""",
        "ru": """личн* кинул кинула обману* обманщи* мошенни* украл* ворует вор воровк* не-отдал
        хам хама хамк* хамло скандал* берегитесь осторожно врёт угрожа* избил* оскорбля* сбил
        подрез* орёт исчез""",
        "en": "private personal scam* fraud* stole steals liar beware threaten* insult* shouts",
    },
    "own": {
        "lv": "es man mans mana manu manas manam manai mani manis mums mūsu mēs mūs",
        "ru": """я мне меня мной мой моя моё мою моих моего моему мы нам нас наш наша нашу наше
        наши""",
        "en": "i me my mine we us our",
    },
    "org": {
        "lv": """sia ik zs zemnieku uzņēm* firm* veikal* servis* autoservis* salon* kafejnīc*
        restorān* viesnīc* viesu dispečer* avārij* taksometr* taksi reģistratūr* kase kasē kases
        kasi biroj* informatīv* informācij* palīdzības uzticības dienest* policij* pašvaldīb* dome
        domes domei domē domi novad* iestād* centr* pārvald* nodaļ* bibliotēk* muzej* skola skolas
        skolā slimnīc* poliklīnik* apsaimniek* namsaimniek* dežur* operator* krīz* klients
        klientiem klientu kontaktcentr* aptiek* bērnudārz* stacij* autoost* biedrīb* fond* ziedo*
        ziedojum* ministrij* aģentūr* banka bankas pasākum* piesak* pieteikties pieteikša* reklām*
        pārdo* piedāvā* pērk* pakalpojum* izīrē remont* cena cenas cenu eiro eur kredīt* aizdevum*
        piegād* īre īres izīrē izīrēj* pārdod* uzpērk* uzpirk* nopērk* stundā konsultācij* meistar*
        pasūtī* saražo* ražo* uzpirkša* pārvada* malka malku iztīr* akcij* atlaid* info pieejam*
        darba* ūdens siltum* elektr* atkritum* patversm*""",
        "ru": """ооо ип зао фирм* магазин* сервис* автосервис* салон* кафе ресторан* гостиниц*
        диспетчер* аварийн* такси регистратур* касса кассе кассы кассу офис* информацион* доверия
        служб* полици* дума думы думе думу самоуправлен* управлен* отдел* библиотек* музе* школа
        школы школе больниц* поликлиник* домоуправлен* дежурн* оператор* горяч* справочн* справк*
        аптек* детсад* садик* вокзал* фонд* пожертв* общество министерств* агентств* банк банка
        продам продаю прода* предлага* куплю услуг* сдаю сдам ремонт* цена цены евро кредит*
        привезу привез* доставл* бригад* делаем сделаем урок* занят* набор группу дёшево недорого
        бесплатно монтаж* изготов* картошк* дров* замер* смета акци* скидк* инфо* запис* запись
        заказ* доставк* компани* приют*""",
        "en": """ltd llc shop store office service* hotline municipality police council taxi
        company hotel cafe restaurant library museum school hospital clinic pharmacy emergency
        helpline support info desk dispatcher charity donate* foundation sell selling offer* loan
        credit repair* euro price* booking* shelter""",
    },
    "official": {
        "lv": """mērs mēra mēram mēru mēre mēres vicemēr* priekšsēd* deputāt* ministr* prezident*
        premjer* izpilddirektor* direktor* domniek* saeim* partij* valdīb* kandidāt* kandidē*
        politiķ* politik* koalīcij* opozīcij* frakcij* vēlēšan* dome domes domei domē domnieki
        novada pilsētas padom* padomniek* valsts eiroparlament* komisār* prokuror* tiesnes*
        amatperson* runasvīr* uzņēmēj* vadīb* žurnālist* raidījum* intervij* treneris trenera
        komand* spēlētāj* sportist* aktier* dziedātāj* mākslinie* rakstnie* dzejnie* režisor*
        mācītāj* bīskap* karalien* karal* pāvest*""",
        "ru": """мэр* вице-мэр* председател* депутат* министр* президент* премьер* директор* глава
        главы главе сейм* парти* правительств* кандидат* политик* политик коалиц* оппозиц* фракц*
        выбор* совет* чиновни* прокурор* судья судьи власт* журналист* интервью тренер* команд*
        актёр* актрис* певец певиц* писател* поэт* режиссёр* епископ* король королев* путин*""",
        "en": """mayor* councillor* minister* president* premier director* party government
        candidate* politician* election* coalition parliament prosecutor* judge* journalist* coach*
        team player* actor* actress singer* writer* king queen""",
    },
    "living": {
        "lv": """dzīvo dzīvoja dzīvojot dzīvojoš* dzīvos deklarēt* deklarēj* deklarējies
        pierakstīt* adrese adresi adresē adresēs mājās mājas īrē īrēja dzīvesviet* atrodams
        atrodama mīt mitinās mājo iet apciemo* aizbrau* aizej* brauc pierakst*""",
        "ru": """живёт живут жила жил живущ* проживает проживал* проживающ* прописан* прописк*
        адрес адресу адреса адресок снимает обитает ютится зарегистрирован* навест* приезжай*
        съезди* домашн*""",
        "en": "lives living lived address resides home stays registered visit",
    },
    "vehicle": {
        "lv": """auto automašīn* mašīn* automobil* furgon* furgons buss busiņ* busiks piekab*
        motocikl* mocis numurzīm* valsts parko* noparko* stāvvie* brauc braukt* aizparko*
        aizsprost* iebrauktuv* izbrauktuv* vadītāj* šofer* šoferis stūr* autovadītāj* bmw audi vw
        volkswagen* golf* golfs passat* pasāt* mersedes* mercedes* mers opel* volvo toyota* tojot*
        ford* mazda* nissan* honda* škod* skoda* renault* reno peugeot* pežo citroen* kia hyundai*
        hundai* suzuki* subaru* lexus* tesla* jeep* džip* transit* sprinter* fiat* seat dacia* land
        rover* porsche* mini kravas sedan* universāl* avārij* apdzin* nogriez* zebras gājēju
        transportlīdzek* traktor* moped*""",
        "ru": """авто машин* тачк* автомобил* фургон* бус буса микроавтобус* прицеп* мотоцикл*
        номер* госномер* припаркова* паркова* паркует* стоян* въезд* выезд* перегор* подрез*
        водител* шофёр* руль рулём бмв ауди фольксваген* гольф* пассат* мерс* мерседес* опель
        вольво тойот* форд* мазд* ниссан* хонд* шкод* рено пежо ситроен* киа хундай* сузуки субару
        лексус* тесл* джип* спринтер* фиат* дачи* порше* седан* универсал* авари* обгон* пешеход*
        зебр* трактор* мопед* за рулем""",
        "en": """car cars van truck vehicle* plate* parked parks parking driver* drives driving
        motorbike bmw audi volkswagen golf passat mercedes opel volvo toyota ford mazda nissan
        honda skoda""",
    },
    "plate": {
        "lv": "numurzīm* numur* nr numurs",
        "ru": "номер* госномер* номером ном",
        "en": "plate* number* registration reg",
    },
    "identity": {
        "lv": "pase pases pasi pasē apliecīb* id karte kartes karti uzturēšanās vadītāja tiesīb*",
        "ru": "паспорт* удостоверен* ай-ди айди серия серии права прав вид",
        "en": "passport* id card licence license identity",
    },
    "bank_card": {
        "lv": "kart* bankas visa mastercard maestro cvv cvc derīg*",
        "ru": "карт* банковск* виза мастеркард маэстро",
        "en": "card* visa mastercard maestro cvv bank",
    },
    "share": {
        "lv": """lai zina zināt lūk skat publicē* publicēju izplat* padod* dalieties dalies noplūd*
        atradu parole paroli""",
        "ru": """пусть знают знайте распростран* делитесь слил сливаю вот нате держите знакомьтесь
        пароль паролем разошл*""",
        "en": "everyone know share spread leak* password found expose",
    },
    # Private life
    "health": {
        "lv": """hiv aids spid vēzis vēzi vēzim vēža vēzē onkoloģ* audzēj* hepatīt* tuberkuloz*
        šizofrēn* psihiatr* psihiatrij* psihoneirolog* psihisk* depresij* bipolār* epilepsij*
        epileptiķ* autism* autist* diabēt* cukurslim* diagnoz* invalid* invaliditāt* insult*
        infarkt* abort* grūtniec* stāvoklī gaidībās ķīmijterapij* slimo saslim* ārstējas ārstējās
        ārstēja* ārstēt* operācij* operēt* demenc* alcheimer* venerisk* sifilis* slimnieks
        slimniec* antidepresant* stacionār* rehabilit* pašnāv* sabrukum* dispanser* inficēt*
        trakonam*""",
        "ru": """вич спид рак рака раком онколог* опухол* гепатит* туберкулёз* шизофрен* психиатр*
        психдиспансер* психоневролог* психиатри* психушк* дурк* дурдом* депресси* биполяр*
        эпилепси* аутист* аутизм* диабет* диагноз* инвалид* инсульт* инфаркт* аборт* беремен*
        химиотерап* болеет болен больна заболел* лечится лечилась лечился лечит лечили операци*
        деменци* альцгеймер* венерич* сифилис* антидепрессант* диспансер* ковид* инфицирован*
        вич-инфицирован* суицид* самоубий* состоит""",
        "en": """hiv aids cancer tumour tumor hepatitis tuberculosis schizophren* psychiatr*
        depression bipolar epilep* autis* diabet* diagnos* disab* stroke abortion pregnant
        chemotherapy ill sick dementia syphilis suicid* rehab""",
    },
    "addiction": {
        "lv": """dzer nodzēr* piedzēr* dzērāj* alkohol* alkoholiķ* alkaš* alkonaut* narkom* narkot*
        narkoman* kodējas kodējies kodējusies zapoj* azartspēl* spēļu atkarīb* šņauc dur šļirc*
        plosto*""",
        "ru": """пьёт бухает запо* алкаш* алкогол* алконавт* наркоман* наркот* кодиров* закодир*
        игроман* колется нюхает спился спилась пьющ* зависим*""",
        "en": "drinks drunk* alcoholi* drug* addict* gambl* junkie*",
    },
    "debt": {
        "lv": """parāds parāda parādi parādu parādus parādiem parādā parādos parādniek* parādniec*
        maksātnespēj* bankrotē* kredītā kredītus kredītvēstur* uzturlīdzek* alimentus alimenti
        alimentu piedziņ* tiesu izpildītāj* nemaksā nesamaksā* aizņēm* aizņem* izliks izlikts
        izlikta izlikšan*""",
        "ru": """долг* должен должна задолжа* должни* кредит* банкрот* алимент* неплатёж*
        неплатежеспособ* платит пристав* займ* заложи* задолжен* выселен* неплательщи*""",
        "en": "debt* owes owe bankrupt* loan* alimony arrears bailiff* insolven*",
    },
    "family": {
        "lv": """šķiras izšķīr* šķiršan* mīļāk* krāpj piekrāpj ārlaulīb* adoptēt* adopt* audžu*
        bāriņties* aizgādīb* krāpa pamet* pameta aizbildn* precēt* neprecēt* laulīb* sit sita
        piekauj* piekāva gejs geju lesbiet* homoseks* bezbērn* vardarb* kautiņ*""",
        "ru": """развод* развел* разводит* любовни* изменяет изменяла изменил изменила усынов*
        удочер* внебрачн* опек* бросил* бьёт избива* избил* гей геи лесби* лишен* родительск*
        замуж* женат* скандал* насили* переспал* спит трахает гуляет""",
        "en": """divorc* affair* cheat* lover* adopt* custody beats beaten gay lesbian abuse*
        married unfaithful""",
    },
    "offence": {
        "lv": """sodīts sodīta sodīto sodāmīb* cietum* tiesāt* ieslodz* notiesāt* apcietin*
        probācij* policijā uzskaitē noziedz* zog zaga zagis nozag* izvaro* pedofil*""",
        "ru": """судим* сидел* тюрьм* тюрьме зек* зэк* осуждён* осужд* посад* арестова* украл*
        ворует воровал* вор насильни* педофил* мошенни* отсидел* наркоторг* условн*""",
        "en": """convict* prison jail criminal* arrested sentenced stole steals thief paedophile
        fraudster*""",
    },
    "work": {
        "lv": """slimības slimīb* darbnespēj* prombūtn* kavē kavēj* atlaist* atlaida atlaists
        bezdarb* pabalst* algu alga algas pensij* disciplinār* uzteikum* aploksn*""",
        "ru": """больничн* прогул* уволен* уволил* безработн* пособи* работает зарплат* пенси*
        доход* выговор* дисциплинарн* конверт*""",
        "en": "sick absent fired dismissed unemployed benefit* salary pension* income wage*",
    },
}
"""For each tag and language the words and stems that carry it."""

INTIMATE = ("health", "addiction", "debt", "family", "offence")
PRIVATE_LIFE = (*INTIMATE, "work")
"""Tags of words about circumstances that are nobody else's business."""
