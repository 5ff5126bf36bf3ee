"""Words and endings that tell languages apart; the evidence behind `language.py`.

Function words first, then what people say under a municipality's posts. Latvian is spelled with
its marks and Russian in Cyrillic: the detector derives the other spellings from these. A word that
several languages share stands in each of their lists and weighs less.
"""

LATVIAN = """
un ir ar ka par bet no kā man nav uz arī jau kas vai ko tas ja to tad lai nu vēl tikai tik pēc var
bija kad tagad tu pie jo būs ne kaut gan esmu pat ļoti pa tur visu kur būtu daudz kāds cik tev līdz
mums labi bez šo kāpēc mani vairāk gribu viss savu mēs jā mūsu pret neko atkal vispār tie visi vairs
būt te tās varētu jūs nevar kurš tieši pirms viņš viņa viņi vismaz viņu nē rīt kādu nevis tomēr
varbūt tam visiem tikko šī šis tgd vnk pats vajag kāda kopā taču mana tāpēc jums tiešām tāda nekā
labāk vien vienu kuri viena tāds viens nekas beidzot nebūs neesmu nekad vienkārši šķiet jāiet tiek
protams nebija esi tādu labs darīt tiem viņiem kuru kuram citu neviens neviena kamēr mans visas tak
reizi šobrīd katru katrs tāpat tika dēļ šajā tos sev joprojām grib nesaprotu visus sevi kam jūsu
tevi tiks drīz notiek esam vienmēr lūdzu pati ceru viņam tajā ap domāju laba nebūtu savas pilnīgi
šeit sen labu kurā slikti ak biju jābūt diemžēl gandrīz esot baigi maz saka kko gribas kuras dara
ilgi pārāk nevajag parasti starp grūti domā īsti ātri šīs piemēram manu kopš nāk tādi nez paši pašu
manas klāt savus nedaudz normāli citiem bijis visa savā nopietni tātad paliek kādam šim diezgan
nemaz tikt neēd liekas citi varēja liek nedrīkst īpaši pāris zinu kādi pareizi tādas galvenais mazāk
kuriem teikt droši tālāk viņus šorīt varam vajadzētu uzreiz forši bieži tai esat reāli galīgi šogad
pagājušogad vajadzēja prom vēlāk reiz negribu pavisam mazliet negribas nesen saprotu izdarīt varēs
cits šādi lūk vari saprast pagaidām visām nost caur priekš nespēj vērā šoreiz tikmēr pusi vienalga
pašam pašas diez neesi vienas daudzi būšu kādreiz nekur kautkas kautko itin taisni nupat arvien jeb
kuros kurus tādā tādam šādu šāda citā citās otru otra pirmais pirmo divi divas divus trīs četri
pieci seši septiņi astoņi desmit simts tūkstoš miljoni procenti esiet jūtas zina zin zini zinat redz
redzu redzi redzēju skatos skaties paskaties sakiet saki teica teicu runā runāt domājat gribat gribi
varat varbut būsiet būsim būsi iet eju ej iesim nāc nāciet dod dodiet ņem ņemt likt liec ielikt
atstāt palikt dzīvo dzīvot dzīvoju strādā strādāt strādāju maksā maksāt maksājam maksāju maksājat
nemaksā pērk pirkt vajadzīgs vajadzīga paldies lūgums labdien labrīt labvakar sveiki sveika sveiks
čau čaviņ atā uzredzēšanos priekā apsveicu apsveicam malacis malači malace prieks žēl skumji forša
foršs foršākais skaisti skaista skaists skaistums lieliski lielisks lieliska brīnišķīgi brīnišķīga
jauki jauks jauka super bravo urā ahā mhm nūja tiešam taisnība piekrītu nepiekrītu atbalstu
neatbalstu pilnībā veiksmi izdevās veiksmīgu priecīgus svētkus svētki dzimšanas dienā sveicieni
lepojamies lepojos mīļi mīļie mīļā kauns kaunieties nekaunība ārprāts ārprātīgi šausmas bardaks
murgs murgi smieklīgi trakums pietiek beidziet stulbi stulbs stulba stulbeņi idiots idiote idioti
idiotiem debils debili debiļi muļķis muļķi muļķe muļķības mūlāpi zagļi zaglis meļi melis melo melot
lopi lops cūkas cūka maita kuce sūds sūdi dirsa dirst pisec pohuj jobans nahuj mauka velns sasodīts
nafig neģēlis neģēļi slaists dome domes domei domē domi pašvaldība pašvaldības pašvaldībai novads
novada novadā novadam pilsēta pilsētas pilsētā pilsētai pagasts pagasta pagastā ciems iela ielas
ielā ielu ielām ceļš ceļa ceļi ceļu ceļam ceļiem ceļā trotuārs trotuāra trotuāri ietve ietves ietvi
gājēji gājēju bedre bedres bedrēm bedru sniegs sniega sniegu ledus tīra tīrīt tīrīti tīrīta netīra
remonts remonta remontu remontē asfalts asfaltu tilts tilta parks parka parkā stāvvieta stāvvietas
stāvlaukums mašīna mašīnas mašīnu mašīnām auto autobuss autobusi autobusu vilciens šoferis braukt
brauc brauca brauks braucu skola skolas skolā skolu skolēni skolotāji skolotāja bērns bērni bērnu
bērniem bērnudārzs bērnudārzā bērnudārzi dārziņš dārziņā dārziņi vecāki pensionāri pensija pensijas
cilvēks cilvēki cilvēku cilvēkiem cilvēkus iedzīvotāji iedzīvotāju iedzīvotājiem ļaudis tauta tautas
nauda naudas naudu nodoklis nodokļi nodokļu nodokļus maksājumi rēķins rēķini tarifs tarifi apkure
ūdens gaisma apgaismojums atkritumi atkritumu konteineri māja mājas mājā māju mājām dzīvoklis
veikals veikali veikalā tirgus slimnīca poliklīnika ārsts ārsti policija policijai policists
deputāti deputāts deputātu deputātiem mērs priekšsēdētājs ierēdņi vēlēšanas vēlēšanās vēlēšanām
balsot balso balsoju partija partijas valdība valdības saeima valsts latvija latvijas latvijā
latvieši latviešu latviski krievi krievu krieviski krievija ukraina rīga rīgas rīgā ogre ogres ogrē
ikšķile ikšķiles lielvārde lielvārdes ķegums ķeguma tīnūži birzgale jumprava madliena suntaži
koncerts koncertu pasākums pasākumi pasākumu pasākumā eglīte egle uguņošana salūts bibliotēka
kultūras sports sporta stadions baseins bumba komanda spēle suns suņi suņu kaķis kaķi šodien vakar
parīt vakarā vakaros rītā rītos dienu diena dienas nakts naktī gads gada gadu gadus gadā gadiem
mēnesis mēnesi mēnesī nedēļa nedēļas nedēļu nedēļā stunda stundas minūtes pirmdien otrdien trešdien
ceturtdien piektdien sestdien svētdien janvārī februārī martā aprīlī maijā jūnijā jūlijā augustā
septembrī oktobrī novembrī decembrī ziema ziemā pavasarī vasara vasarā rudenī laiks laika laikā
laiku vieta vietas vietā vietu vietām darbs darba darbi darbu darbā lieta lietas lietu jautājums
jautājumi atbilde atbildes atbildi viedoklis problēma problēmas iespēja iespējas iespējams lēmums
lēmumu projekts projektu būvē būvēt uzbūvēs uztaisīs uztaisīja taisa taisīt salabot salabojiet
sakārtot sakārtojiet iztīrīt jādara jāmaksā jāstrādā jābrauc jāgaida gaidām gaidu gaidīt palīdz
palīdzēt palīdzība jauns jauna jaunu jauno jauni jaunā vecs veca vecie liels liela lielu lielā lieli
mazs maza mazu mazā augsts dārgi dārgs dārga lēti skaidrs skaidri interesanti galā gals vakars
sieviete sievietes vīrietis vīrieši puiši meitenes kungs kundze draugi draugs mamma tētis vectēvs
ome sēž sēdēt stāv stāvēt gulēt ēst dzert dzer smēķē kliedz klausies klausieties lasi lasiet lasīju
raksta rakstīt rakstiet uzrakstiet zvaniet zvanīju atbildiet paskaidrojiet pastāstiet kopīgi cerams
šķērsām viegli grūts ziņas ziņa raksts patīk patika nepatīk garšo garšīgs garšīgi garšīga ēdu ēd
paēst apēdu dabūt dabūju dabūja rezultāti lohi lohs klau zvani zvanu strauji mīlu mīlestība patiešām
njā njam velc vācies prāts prātu prāta galva galvu acis roka rokas kājas sirds dzīve dzīves nāve
bail baidos slikts slikta slikto labais labākais smuki smuks smuka fui fuj vau hm hmm ha davai
labāko sliktākais pirmā otrais trešais pēdējais pēdējo nākamais nākamo jānis andris juris edgars
māris artūrs kaspars mārtiņš pēteris aivars guntis valdis uldis ivars gatis raimonds dainis normunds
aigars viesturs ilmārs kristaps anna kristīne inese ilze inga līga laura dace sandra evita agnese
ieva zane aija māra gunta iveta linda sanita santa solvita vita daiga dzintra ināra anita baiba
biruta diāna elīna evija gita guna ilga ilona inguna jana jolanta lāsma lelde liene marika rita rūta
sarmīte signe sintija skaidrīte vija vineta zaiga zanda
"""

RUSSIAN = """
и не в а на что с это как у я за то так все по вы да но бы ты есть надо он от только же вот кто если
очень нет к уже из будет для о или его мне они можно их где мы было меня вас нас просто спасибо тоже
там ну когда ещё до тебя всех всё без всем тебе сколько сейчас может какой люди даже такой она чтобы
нужно таких этот ни пусть чем ему такие раз еще время хорошо были людей был день всегда почему
ничего больше какая нам им под них много быть во этого лучше себя один вообще со эти тут была эту
после куда себе кого такое такая этом этих жизнь будут деньги пожалуйста про какие чего пока сам
точно конечно тогда теперь жить ее ли которые мой моя мои мое ведь привет чтоб слава сегодня дай
хоть через него сами своих стоит хочу сразу того её свою ей дома здесь супер наверное зачем об
каждый потому главное год сука правда свои своя давно знаю слова правильно совсем тем эта те кому
этим скоро два самое самый человека человек могу красиво наши наша наш уж вами твой именно молодцы
молодец мало думаю нельзя который которая которой сделать большое опять денег вся вместе более дело
над одно место могут против никогда том три вопрос перед нужна этому работать нужен тех первый видно
дальше столько сама ваш ваша дом буду тот работы сказать раньше весь долго делают поэтому самые
будем власть власти кроме одного людям пора меньше понятно должен должны плохо говорят взять хватит
быстро действительно хотят хуже оно многие свое стыдно работают другие пишите нравится город города
городе думу дума думе мэр депутаты выборы дороги дорога дорогу улица улицы улице улицу снег чистить
чистят убирают убрать ямы яма ремонт дети детей детям школа школу школе садик садике автобус машина
машины парковка налоги налог платим платить платят зарплата пенсия пенсии вода свет мусор жители
жителей народ страна страну стране россия россии латвия латвии рига риге огре русские русский латыши
язык работа работает работаю делать делает делаете сделали сделайте говорить говорит скажите сказал
понимаю понимаете понять знаете знать видел видели вижу смотреть смотрю смотрите писать пишут пишет
ответьте ответ помогите помощь жалко жаль позор ужас бред кошмар бардак идиот идиоты дебил дебилы
дурак дураки уроды урод твари тварь скоты мразь сволочь пидор хуй пизда пиздец блять бля блядь нахуй
хрен жопа говно сдохни воры вор лжецы врут врёте здорово классно класс красота отлично прекрасно
замечательно поздравляю поздравляем праздником благодарю здравствуйте доброе добрый утро вечер ночь
всего удачи здоровья счастья любви мира люблю нибудь чё че щас тоесть короче прям типа вроде блин
фигня круто кстати наконец почти иногда снова завтра вчера потом лет году года часов минут месяц
неделю зимой летом весной осенью никто нигде никак некоторые другой другого другим любой каждого
самого своего моего твоего нашего вашего ваши ваших наших нашу вашу мной тобой собой нами ними ней
нею ним неё туда сюда отсюда откуда разве неужели возможно наверно значит кажется например однако
либо лишь хотя пожалуй никому ничем чему зато ибо дабы чуть едва вовсе ладно давай давайте ребята
мужики женщина мужчина девушка ребенок ребёнок мама папа бабушка дед семья собака собаки кошка
"""

ENGLISH = """
the is to a and you of are i that he in it for this on not with have be they so what all like your
but just we if about was who as do no dont can people will at her up how from or has by his an my
their out when one get think me why now know because him there them more would right should our only
shit good go need time going want never say back us being any way really these been even make than
then did too some love see still left well other had man look where does against were let most much
said take over also better doesn here nothing country great believe into down same many those please
trying keep lol could years very after fuck another again off vote stop help its every thing didnt
always give sure doing support everyone yes care women such white oh before new thank thanks money
got hate day work getting saying maybe call anything isnt fucking away someone law tell ass
something own which must ever show big old real needs anyone first long mean best bad everything
wrong woman world guys black funny since thought says made come use both far school try actually job
while start cause point done truth enough through talking put state feel yet stupid last kind little
already coming yeah next fact called looks lying lot follow without free rights may bitch making
fake having part until around makes using lies lie probably find talk true exactly stand hard girl
reason seems agree knows gonna high watch sorry under whole live looking understand name wants means
news amazing remember today working seen two lost home though pretty crazy guess happy either else
hear answer problem im matter wow might family fight kids story arent hey ask used thats child sick
mind less bring end awesome once fine wouldnt thinking thinks watching question speak different
facts hell few words told sad face nice deep safe themselves hit gets calling worst dumb common
sucks wasnt shot open hurt stay damn literally idea himself fun proud went almost wonder head
together baby shame idiot idiots moron morons city council road roads street streets snow mayor
taxes tax paid beautiful congratulations greetings hello hi bye welcome cool youre youve theyre ive
ill hes shes cant wont couldnt havent what's between however therefore whose whom during within
above below across morning evening night birthday merry christmas year
"""

SHARED = "ok okay super bravo top wow lol omg haha hahaha hehe xd video foto auto info +1"
"""Words without a language of their own; a text of nothing else is read as Latvian."""
FOREIGN = {
    "lt": """ ir kad tai yra su iš bet kaip į o ar tik jau per dėl nuo apie mes jie jis ji
aš tu jūs man tau jam nėra buvo bus būti labai dar čia kas ką kur kada kodėl nes jei jeigu arba bei
tačiau gali reikia visi visą viską savo mūsu jūsų ne taip nu net dabar metų metai žmonės žmonių
lietuva lietuvos ačiū labas gerai gatvė kelias vaikai prie po iki už prieš daug viskas nieko niekas
šiandien kiek galima
""",
    "et": """
ja on ei et see ka kui oma aga siis ma sa ta me te nad mis kes ning või kõik väga nii veel seda
selle oli pole ole olen oled oleme olete saab saa juba ainult välja üks kaks nagu mida kus miks
kuidas praegu täna eesti tallinn inimesed inimest aitäh tere hea palun jah mulle sulle tema meie
teie nende peab tuleb läheb teeb mitte üle alla pärast enne kogu ikka ju küll mingi keegi midagi
lapsed
""",
    "pl": """
nie to jest się i w na z do że co jak a ale tak o za już tylko dla po od czy są być był była było
przez jego ich jej ten ta te tego tej tym tych kto może mam masz ma bardzo nic jeszcze bo więc gdy
kiedy gdzie przed pod nad bez można trzeba będzie będą tam tu teraz sobie mnie ciebie nas was ludzie
polska polski pan pani dobrze dziękuję proszę niech ci mi mu im też albo lub oraz nawet który która
które których jednak przecież wszystko wszyscy takie taki taka jakie swoje jestem jesteś chyba
""",
    "de": """
der die das und ist nicht ich du er sie es wir ihr ein eine einen einem einer zu in den dem von mit
auf für im sich auch als an bei nach aus wie so aber oder wenn dass daß was wer wo warum noch nur
schon hat haben hatte wird werden wurde sind war waren sein kann muss soll will mehr sehr hier da
dann doch mal ja nein kein keine man mich dich uns euch mein dein immer wieder alle alles über durch
gegen ohne um am zum zur bis vor weil denn diese dieser dieses deutschland danke bitte gut guten
""",
    "hr": """
je i u se na da su za što nije to od koji ne a kao samo će bi ili ako jer sve iz sam si o kako te li
ali ja ti mi vi on ona oni ono po do sa s bez nema ima bio bila bilo biti nisu nisam treba može mogu
kada gdje zašto tko netko nešto ništa još već tako onda sada dok kod koje koja koju kojih njih njega
nas vas nam vam im ga mu joj me mene tebe neka ovo ovaj ova ovi taj ta tog tom tih opet uvijek nikad
hrvatska ljudi hvala dobro ajde bas baš više manje svi svaki gospodin ovog jednog kad nek sad danas
jedan jedna jedno godina godine godinu zemlja zemlji država države vlada stvarno valjda jel jeste
smo ste nismo niste ćeš ću ćemo hoće neće možeš možemo znaš zna znam znaju vidi kaže jedino malo
puno lijepo sramota smeće lopovi bili budu bude biste bismo nisi ovakvi takvi kakav kakva takav tome
toga čega ovdje tamo odmah uopće ipak međutim zar tek pa ma e svoje svoj svoju svog naš naša naše
vaš moj moja moje tvoj njihov njegov njen narod posao radi rade raditi reci kaj jos onaj oko preko
između zbog prema nakon prije poslije tijekom protiv čovjek žena djeca djece dijete čak nego nikog
nikom svima svega svih sebe sebi cijeli cijela europi zagreb hdz sdp
""",
    "cs": """
je a to se na že v s z do o i ale jak tak jsem jsi jsme jste jsou být byl byla bylo byli bude budou
když nebo jako co kdo kde proč už jen ještě jeho její jejich mě mi tě ti ho mu nás vás nám vám není
nejsou má mám máš mají může musí který která které pro při od po před lidi lidé děkuji dobře prosím
som si sa nie ako čo ani aj len ešte alebo keď
""",
    "nl": """
de het een en van ik is dat je niet die in op te zijn met voor hij maar om er ze wat ook als aan dan
bij nog naar heb hebben heeft had uit kan moet mijn jij wij zij hun ons onze deze dit door over wel
geen zo meer veel al alleen waar waarom omdat wordt worden werd alle mensen echt gewoon altijd nooit
""",
    "sv": """
och det att i en jag hon som han på den med var sig för så till är men ett om hade de av icke mig du
henne då sin nu har inte hans honom skulle hennes där min man ej vid kunde något från ut när efter
upp vi dem vara vad över än dig kan sina här ha mot alla under någon eller allt mycket sedan ju
denna og ikke jeg et til er hun dere være ble blir hva hvor også bare noe alle meg deg
""",
    "fi": """
ja on ei se että hän oli ovat olla ole en minä sinä me te he mutta niin kun kuin joka mikä mitä tämä
sitä vain myös jos nyt jo vielä kaikki hyvin sen sitten siis tai missä miksi kiitos hyvä suomi
""",
    "fr": """
le la les de des du un une et est que qui dans en pas pour ce il elle je tu nous vous ils elles on
sur avec ne se au aux par plus sont mais ou où son sa ses mon ma mes ton ta tes leur cette ces fait
être avoir été était tout tous bien très comme si même aussi sans rien faut peut quand pourquoi
merci
""",
    "es": """
el la los las de que y en un una es no se por con para del al lo como más pero sus le ya o este sí
porque esta entre cuando muy sin sobre también me hasta hay donde quien desde todo nos todos uno les
ni contra otros ese eso ante ellos e esto mí antes algunos qué unos yo otro otras otra él tanto esa
estos mucho nada son está están soy eres fue ser tiene tienen mis tu tus gente gracias siempre
""",
    "it": """
il lo la i gli le di a da in con su per tra fra e è che non un una uno del della dei delle al alla
ma se si come mi ti ci vi io tu lui lei noi voi loro sono sei siamo essere ho hai ha abbiamo hanno
questo questa questi quello quella tutti tutto più anche solo perché quando dove chi cosa molto poi
mai sempre nel nella mio tuo suo nostro grazie fatto stato era gente
""",
    "pt": """
o a os as de que e do da em um para é com não uma no se na por mais dos das como mas foi ao ele tem
à seu sua ou ser quando muito há nos já está eu também só pelo pela até isso ela entre era depois
sem mesmo aos ter seus quem nas me esse eles estão você tinha foram essa num nem suas meu às minha
são
""",
    "tr": """
ve bir bu da de için çok ne o mi var yok ben sen biz siz onlar gibi daha ama en ile kadar değil her
olarak olan sonra şey diye bana sana ya nasıl neden kim evet hayır iyi güzel teşekkürler insan allah
""",
    "ro": """
și nu de la în un o să cu pe care este sunt din mai ce pentru am ai are au fost ca dar sau dacă cum
foarte tot toți asta acest acesta el ea ei noi voi lor lui bine mulțumesc
""",
    "hu": """
a az és nem is hogy egy ez azt meg de ha csak már van volt vagy én te ő mi ti ők nagyon lesz kell
most mert ki mit hol miért jó köszönöm igen magyar ember minden még úgy így
""",
    "so": """
sveta se in je da na za pa so bi ki tudi kot ali ni smo ste si sem bo ker kaj kako zelo samo ljudje
zato lahko nas vas jih njih tega temu tako hvala dobro
""",
}
"""Common words of languages that nobody here is asked to read."""
UKRAINIAN = """ що як це та не на але чи бо вже ще треба дуже також буде було вони воно ми ви тільки
щоб якщо коли тому хто мене тебе нас вас його її їх їм немає є від до за про під над зараз завжди
може можна люди людей україна україни українці дякую будь ласка добре так ні якій який яка які цей
ця ці той тієї свої своїх мій твій наш ваш після перед через навіть просто багато мало всі все всіх
"""
BELARUSIAN = """
што як гэта гэты гэтая і ў не на але бо ўжо яшчэ трэба вельмі таксама будзе было яны яно мы вы
толькі каб калі хто мяне цябе нас вас яго яе іх няма ёсць ад да за пра пад цяпер заўсёды можа людзі
беларусь
"""
BULGARIAN = """
и на да се за не от са с че по в си ще това като но как какво който която които има няма съм сте бил
беше само много още вече след при до или ако защо къде кога аз ти той тя ние вие те ми му им го я ни
ви хора българия българите благодаря добре нещо нищо всички всичко
"""
SERBIAN = """
је и у се на да су за што није то од који не а као само ће би или ако јер све из сам си како ли али
ја ти ми ви он она они по до са без нема има био била бити нису треба може када где зашто ко нешто
ништа још већ тако онда сада док код србија људи хвала добро
"""

LATVIAN_ENDINGS = """
šana šanas šanu šanai šanām ība ības ību ībai ībām ums uma umu umi umiem umam umos umus iem jiem
tājs tāja tāji tāju tājam tājiem tājus nieks nieki nieku niekiem niece nieces iski īgs īga īgi īgu
īgas īgām īgiem īgie īgais ais ajam ajai ajā ajās ajos ajiem ošs oša oši ošu ošas ošām ošiem ējs ēja
ēji ēju dams dama dami damies ties sies simies sieties siet iet jiet jusi jušies jusies juši ots ota
oti otas otu ēts ēta ēti ētas ētu īts īta īti ītas ītu iņš iņa iņas iņu ija ijas iju ijai ijā ijām
ācija ācijas āciju ācijā isks iska iskā iskas iskais ams ama ami ēšu āšu īšu āju īju āja īja āji
āmies ājam ējam ījam šanās ušies usies uši usi enes ene enēm tība tības tību ainis ieša ieši iešu
ieks ieki ieku uļi tne tnes tni ules nīca nīcas nīcā nīcu stāvs iens ienu iena ienas
"""
RUSSIAN_ENDINGS = """
ого его ому ему ая яя ую юю ое ее ые ие ый ий ой ться тся лся лась лись лось ость ости остью ение
ения ению ением ание ания анию анием ции ция цию ами ями ать ять ить еть овать ывать ивать ает яет
ают яют уют ует ишь ешь ите ете им ым их ых ова ево ский ская ское ские ского ской скую скими ство
ства ству тель теля тели телей ник ники ника ников щий щая щие щих вший вшие енный енная енные анный
анная анные нный нная нно ично льно тельно ков чик чики шка шки шь жь чь ешься ются утся
"""
RUSSIAN_STEMS = """
город дорог корот корол молод молок голов голос голосу холод сторон ворот берег перед дерев здоров
хорош плох больш малень малыш улиц машин автобус водител пешеход тротуар асфальт светофор перекр
парков стоян остановк поезд вокзал школьн учител воспитат детск ребён ребен родител сосед жител
населен самоуправ администр депутат полици пожарн скорая больниц поликлин врач медсестр апте пенсион
инвалид социальн пособи зарплат деньг денег рублей евро копе тысяч миллион платеж плати заплат оплат
квитанц отоплен электр освещен фонар мусор контейн дворник уборк убир чист грязн помой свалк канализ
вонюч воню подъезд квартир лифт крыш окон балкон забор участ держ участк огород кладбищ церков
праздник концерт фейерв ёлк елк выступ музык песн художн выставк библиот спортивн площадк стадион
бассейн тренер выбор избират голосо партии кандидат президент правитель министр чиновн начальств
начальник директор воров воруют украл сворова обещ врань обман ответств безответ безобраз безраз
возмутит возмущ ужасн кошмарн отвратит прекрасн замечат великолеп удивит интересн красив удобн
неудобн опасн скользк гололед сугроб сосульк дождь дожди погод зимн летн весенн осенн утрен вечер
ночью прошл следующ будущ сегодняшн понедельн вторник четверг пятниц суббот воскресен январ феврал
апрел июн июл август сентябр октябр ноябр декабр прошу просим просьб обращ сообщ жалоб жалова объясн
подскаж расскаж покаж напиш пишит спраш спросил отвеч ответьт решен решит решил вопрос проблем
причин порядок беспоряд закон наказ штраф суд тюрьм посад увол отставк руковод управля хозяй дурац
дебил идиот кретин придур тупиц тупой тупые тупым мудак мудил пидор пидар ублюд сволоч гнид падл
шлюх проститут долбо ебан ебат ебал заеб уеб выеб наху поху пизд хуев хуй блядс блять говн жоп срать
сран дерьм урод скотин скотск свинь свиней козёл козел козлы баран овц крыс собач кошк живот уничтож
убить убью убьют убей зареж застрел расстрел повес сжечь сожг спал взорв подох сдох смерт жизн убий
насил изнас чурк хачи хохл жидо нерус понаех мигрант беженц чемодан русск латышск язык народ людьми
людям людях человеч женщин мужчин мужик девуш девоч мальчик парень парни дедуш бабуш молодёж молодеж
пьян алкаш наркоман курят бухают здравств пожалуйст поздрав благодар спасиб надеюсь думают думал
считаю уважаем желаю молодц умниц нравит понрав люблю любим хочется хотел мож нужн должн надое
хватит делаете делают сделал работа работн работаю трудит начал закончи строи постро ремонт ломаю
сломал открыл закрыл прода покупа купил купит достав заказ дёшев дешев дорогой скидк кредит заработ
заработок звонит пишите личк сообщен номер телефон
"""
"""Beginnings of words; most of them have no like in the other Slavic languages."""
LATVIAN_STEMS = """ pašvald iedzīv novad pilsēt pagast priekšsēd deputāt ierēd vēlēš balsoj strād
maksāj nodok rēķin tarif apkur atkrit konteiner remont asfalt trotuār bedr grants greider šķērs
apgaismo autobus vilcien mašīn šofer vadītāj gājēj velosip stāvvie skolēn skolotāj bērn dārziņ
audzin vecāk pensij pensionār slimnīc ārst policij kultūr pasākum koncert svētk dāvan atbild jautāj
paskaidro uzrakst sūdz iesniegum lēmum projekt būvniec uzbūv uztais salabo sakārt iztīr notīr jātīr
jāmaks jāstrād jābrauc jāgaid jādomā jādara vajadz varēt gribēt palīdz atbalst apsveic priecīg
veiksm lepoj skaist lielisk brīnišķ burvīg pateic cienīj kaunie nekaun kaunā šausm ārprāt muļķ stulb
debil idiot zagļ meļ melo slaist neģēl mūlāp cilvēk sieviet vīriet jaunie bērnīb ģimen kaimiņ dzīvok
dzīvoj dzīvnie dzīve ūden gaism elektr krāsn siltum ziem vasar pavasar ruden rītdien šodien
vakardien nedēļ mēnes pēdēj nākam pagāj pirmdien otrdien trešdien ceturtd piektdien sestdien
svētdien latvi krievi valod valst valdīb ministr saeim prezident likum noteikum tiesīb taisnīb
netaisn atbildīb neatbild nepiecieš vienkārš patiesīb kāpēc tāpēc cerams diemž protams pārsvar
izskatās šķiet liekas domāju zināju redzēju nesaprot piekrīt uzskat viedok komentār informāc iespēj
problēm situāc darbiniek darbdien brīvdien sabiedr kārtīb nekārt netīr smird troksn smēķē alkohol
narkom sniegt sniega ledain slidens slidenas smilt kaisīt lāpst tehnik traktor ceļmal ceļazīm
krustoj luksofor ātrum satiksm noteikti atkal vienmēr
"""

ENGLISH_ENDINGS = """
ing tion tions ment ments ness able ible ful less ously ous ly ght ghts ck cks ers ies ish ism ists
ity wn ew ow own ould ough ith oth ather ther
"""
FOREIGN_ENDINGS = {
    "lt": """
imas imo imai umas iai iau uoti yti ėti oje ose omis iems iams ybė ybės tojas tojai auja uoja ių
""",
    "et": """
takse mine mist misest nud tud sse dest tega dele lik likud sid vad ksid ist
""",
    "pl": """
ów ość ości ych ymi owy owa owe ego anie enie iem acja acji ować czny czna rz cz sz dzie ców ska ski
skich
""",
    "de": """
ung ungen lich liche lichen isch ische ischen keit heit chen schaft ieren iert ten tet ern cht chts
igen iger
""",
    "hr": """
anje enje anja enja iti jeti ima ama ska ski skih stvo ao io ije nje ljivo nost nosti ovi eva
""",
    "cs": """
ého ému ých ími ost ání ení ovat ský ská ské ová ům ách ích
""",
    "nl": """
lijk lijke heid aan oen ijk ijke eren aar ing ingen ende aat
""",
    "sv": """
ande het ligt lig liga arna erna ning ningen else heten
""",
    "fr": """
eux ement aient ait ent ique iques eur eurs euse ette aux tion ez
""",
    "es": """
ción ciones mente dad dades ando iendo amos aron ieron ismo ista oso osa ados adas ido ada ero eros
""",
    "it": """
zione zioni mente ità ando endo iamo ato ata ati ate uto eggi issimo anza enza ello ella gli
""",
    "pt": """
ção ções mente dade ando endo amos aram eiro eira agem ismo oso osa ado ada inho inha
""",
}
