// What the page itself says, in the six languages of the bot; the bot's own words come from its server.

const en = {
  language: "Language of your app", bot: "bot", you: "You", chat: "Chat", today: "today",
  intro: "What can this bot do?", try: "Click a photo to send it, or drop one of your own here.", tryTouch: "Tap a photo to send it, or attach your own.",
  samples: "Sample photos", sample: "Send the sample: {name}", sampleAlbum: "Send three as an album", album: "Album",
  sampleNames: { two_people: "two people", obama: "portrait", astronaut: "astronaut", biden: "another portrait", chelsea: "cat", rocket: "rocket" },
  attach: "Attach photos", menu: "Menu", commands: "Commands", message: "Message", caption: "Add a caption", send: "Send",
  drop: "Drop photos here to send them", tray: "To be sent", remove: "Remove {name}",
  trayOne: "Press Enter to send it.", trayMany: "{n} files. Press Enter to send the photos as an album.",
  large: "{name} is too large: at most {n} MB can be sent here.",
  reply: "Reply", replyTo: "Reply to {name}", replyToYou: "Reply to your message", cancelReply: "Cancel the reply", original: "Go to the original message",
  photo: "Photo", file: "File", yours: "Your photo", theirs: "The photo with its faces marked", open: "Open the photo",
  close: "Close", next: "Next photo", previous: "Previous photo", position: "{n} of {total}",
  newest: "Go to the newest message", ok: "OK",
  actions: { upload_photo: "sending photo", typing: "typing" },
  delivery: { sent: "Sent", taken: "Received by the bot", failed: "Not answered" },
  inspect: "What happened to this message",
  gone: "The playground does not answer. Start it again with: make run", back: "Connected again.",
  notSent: "Not sent: the playground does not answer.",
  panel: "Behind the scenes", closePanel: "Close the panel", updates: "What happened to a message",
  panelEmpty: "Send a photo or a command. Here you see every step it takes, the milliseconds of each, and the faces as the network saw them.",
  recent: "Latest messages",
  what: { photo: "Photo", album: "Album", command: "Command", button: "Button", text: "Text", file: "File" },
  state: { delivering: "being delivered", queued: "in the queue", working: "at work", done: "answered", failed: "failed" },
  nodes: { webhook: "Webhook", queue: "Queue", recognizer: "Recognizer", answer: "Answer" },
  stages: { webhook: "webhook", queue: "in the queue", gather: "wait for the others", remember: "seen before?", download: "download", wait: "wait for a turn", recognise: "find and look at faces", send: "send the answer" },
  total: "from sent to answered", attempt: "Attempt {n}", ms: "ms", s: "s",
  direct: "The webhook function answered this itself, in its own response: nothing was queued.",
  faces: "Faces as the network saw them", crop: "Face {n}, 48 by 48 pixels", face: "Face {n}", photoNumber: "Photo {n}", noFace: "No face was found.",
  looks: { happy: "looks happy", sad: "looks sad", neutral: "looks neutral" },
  emotions: { happy: "happy", sad: "sad", neutral: "neutral" },
  hard: "hard to tell: {a} or {b}", small: "too small to tell", px: "{w} × {h} px in the photo",
  model: "Model", engine: "Engine",
  engines: { litert: "LiteRT", tensorflow: "TensorFlow" },
  engineHints: { litert: "The bot as it is deployed: small and fast.", tensorflow: "The reference: the packages as they come. Slower, with nearly the same answers." },
  missing: "TensorFlow is not installed here. It takes about 600 MB from the package index.",
  install: "Install TensorFlow", again: "Try again", installing: "Installing TensorFlow…", switching: "Loading the engine…", installFailed: "TensorFlow could not be installed.",
  faults: "Make something fail", faultsHint: "Switch one on, send a photo, and watch what the bot does.", faultOn: "fault switched on",
  fault: { slow: "Telegram is slow", flood: "Telegram says 429", no_bundle: "The model is missing" },
  expect: {
    slow: "Every call to Telegram takes three seconds longer. The answer comes late, and nothing is lost.",
    flood: "Telegram refuses each answer twice. The photo goes back into the queue for a while, and is answered once.",
    no_bundle: "The recognizer starts without it. The photo is tried five times, then set aside for the owner; if you switch this off before that, the answer still comes.",
  },
};

const de = {
  language: "Sprache deiner App", bot: "Bot", you: "Du", chat: "Chat", today: "heute",
  intro: "Was kann dieser Bot?", try: "Klick auf ein Foto, um es zu senden, oder zieh ein eigenes hierher.", tryTouch: "Tipp auf ein Foto, um es zu senden, oder häng ein eigenes an.",
  samples: "Beispielfotos", sample: "Beispiel senden: {name}", sampleAlbum: "Drei als Album senden", album: "Album",
  sampleNames: { two_people: "zwei Menschen", obama: "Porträt", astronaut: "Astronautin", biden: "noch ein Porträt", chelsea: "Katze", rocket: "Rakete" },
  attach: "Fotos anhängen", menu: "Menü", commands: "Befehle", message: "Nachricht", caption: "Bildunterschrift hinzufügen", send: "Senden",
  drop: "Fotos hier ablegen, um sie zu senden", tray: "Zum Senden bereit", remove: "{name} entfernen",
  trayOne: "Zum Senden Enter drücken.", trayMany: "{n} Dateien. Zum Senden als Album Enter drücken.",
  large: "{name} ist zu groß: Hier lassen sich höchstens {n} MB senden.",
  reply: "Antworten", replyTo: "Antwort an {name}", replyToYou: "Antwort auf deine Nachricht", cancelReply: "Antwort verwerfen", original: "Zur ursprünglichen Nachricht",
  photo: "Foto", file: "Datei", yours: "Dein Foto", theirs: "Das Foto mit markierten Gesichtern", open: "Foto öffnen",
  close: "Schließen", next: "Nächstes Foto", previous: "Vorheriges Foto", position: "{n} von {total}",
  newest: "Zur neuesten Nachricht", ok: "OK",
  actions: { upload_photo: "sendet ein Foto", typing: "tippt" },
  delivery: { sent: "Gesendet", taken: "Vom Bot empfangen", failed: "Nicht beantwortet" },
  inspect: "Was mit dieser Nachricht geschah",
  gone: "Die Testumgebung antwortet nicht. Starte sie neu mit: make run", back: "Wieder verbunden.",
  notSent: "Nicht gesendet: Die Testumgebung antwortet nicht.",
  panel: "Hinter den Kulissen", closePanel: "Seitenleiste schließen", updates: "Was mit einer Nachricht geschah",
  panelEmpty: "Sende ein Foto oder einen Befehl. Hier siehst du jeden Schritt, seine Millisekunden und die Gesichter, wie das Netz sie sah.",
  recent: "Letzte Nachrichten",
  what: { photo: "Foto", album: "Album", command: "Befehl", button: "Knopf", text: "Text", file: "Datei" },
  state: { delivering: "wird zugestellt", queued: "in der Warteschlange", working: "in Arbeit", done: "beantwortet", failed: "fehlgeschlagen" },
  nodes: { webhook: "Webhook", queue: "Warte\u00adschlange", recognizer: "Erkennung", answer: "Antwort" },
  stages: { webhook: "Webhook", queue: "in der Warteschlange", gather: "auf die übrigen warten", remember: "schon beantwortet?", download: "herunterladen", wait: "warten, bis frei", recognise: "Gesichter finden und ansehen", send: "Antwort senden" },
  total: "vom Senden bis zur Antwort", attempt: "Versuch {n}", ms: "ms", s: "s",
  direct: "Die Webhook-Funktion hat das selbst beantwortet, gleich in ihrer Antwort an Telegram: Nichts kam in die Warteschlange.",
  faces: "Gesichter, wie das Netz sie sah", crop: "Gesicht {n}, 48 mal 48 Pixel", face: "Gesicht {n}", photoNumber: "Foto {n}", noFace: "Kein Gesicht gefunden.",
  looks: { happy: "sieht fröhlich aus", sad: "sieht traurig aus", neutral: "sieht neutral aus" },
  emotions: { happy: "fröhlich", sad: "traurig", neutral: "neutral" },
  hard: "schwer zu sagen: {a} oder {b}", small: "zu klein", px: "{w} × {h} px im Foto",
  model: "Modell", engine: "Engine",
  engines: { litert: "LiteRT", tensorflow: "TensorFlow" },
  engineHints: { litert: "Der Bot, wie er im Betrieb läuft: klein und schnell.", tensorflow: "Die Referenz: die Pakete, wie sie sind. Langsamer, mit fast denselben Antworten." },
  missing: "TensorFlow ist hier nicht installiert. Es sind etwa 600 MB aus dem Paketindex.",
  install: "TensorFlow installieren", again: "Noch einmal versuchen", installing: "TensorFlow wird installiert …", switching: "Engine wird geladen …", installFailed: "TensorFlow ließ sich nicht installieren.",
  faults: "Störung auslösen", faultsHint: "Schalte eine ein, sende ein Foto und sieh zu, was der Bot macht.", faultOn: "Störung eingeschaltet",
  fault: { slow: "Telegram ist langsam", flood: "Telegram antwortet mit 429", no_bundle: "Das Modell fehlt" },
  expect: {
    slow: "Jeder Aufruf von Telegram dauert drei Sekunden länger. Die Antwort kommt spät, aber nichts geht verloren.",
    flood: "Telegram weist jede Antwort zweimal ab. Das Foto geht für eine Weile zurück in die Warteschlange und wird einmal beantwortet.",
    no_bundle: "Die Erkennung kann nicht starten. Nach drei Versuchen wird das Foto für den Betreiber beiseitegelegt; schaltest du die Störung vorher aus, kommt die Antwort doch noch.",
  },
};

const es = {
  language: "Idioma de tu app", bot: "bot", you: "Tú", chat: "Chat", today: "hoy",
  intro: "¿Qué puede hacer este bot?", try: "Haz clic en una foto para enviarla o arrastra aquí la tuya.", tryTouch: "Toca una foto para enviarla o adjunta la tuya.",
  samples: "Fotos de ejemplo", sample: "Enviar el ejemplo: {name}", sampleAlbum: "Enviar tres como álbum", album: "Álbum",
  sampleNames: { two_people: "dos personas", obama: "retrato", astronaut: "astronauta", biden: "otro retrato", chelsea: "gato", rocket: "cohete" },
  attach: "Adjuntar fotos", menu: "Menú", commands: "Comandos", message: "Mensaje", caption: "Añade un pie de foto", send: "Enviar",
  drop: "Suelta aquí las fotos para enviarlas", tray: "Por enviar", remove: "Quitar {name}",
  trayOne: "Pulsa Intro para enviarlo.", trayMany: "{n} archivos. Pulsa Intro para enviar las fotos como álbum.",
  large: "{name} es demasiado grande: aquí se pueden enviar como máximo {n} MB.",
  reply: "Responder", replyTo: "En respuesta a {name}", replyToYou: "En respuesta a tu mensaje", cancelReply: "Cancelar la respuesta", original: "Ir al mensaje original",
  photo: "Foto", file: "Archivo", yours: "Tu foto", theirs: "La foto con las caras marcadas", open: "Abrir la foto",
  close: "Cerrar", next: "Foto siguiente", previous: "Foto anterior", position: "{n} de {total}",
  newest: "Ir al mensaje más reciente", ok: "Aceptar",
  actions: { upload_photo: "enviando una foto", typing: "escribiendo" },
  delivery: { sent: "Enviado", taken: "Recibido por el bot", failed: "Sin respuesta" },
  inspect: "Qué pasó con este mensaje",
  gone: "El entorno de pruebas no responde. Inícialo de nuevo con: make run", back: "Conexión recuperada.",
  notSent: "No se ha enviado: el entorno de pruebas no responde.",
  panel: "Entre bastidores", closePanel: "Cerrar el panel", updates: "Qué pasó con un mensaje",
  panelEmpty: "Envía una foto o un comando. Aquí verás cada paso, sus milisegundos y las caras tal como las vio la red.",
  recent: "Últimos mensajes",
  what: { photo: "Foto", album: "Álbum", command: "Comando", button: "Botón", text: "Texto", file: "Archivo" },
  state: { delivering: "en camino", queued: "en la cola", working: "en curso", done: "respondido", failed: "fallido" },
  nodes: { webhook: "Webhook", queue: "Cola", recognizer: "Reconocedor", answer: "Respuesta" },
  stages: { webhook: "webhook", queue: "en la cola", gather: "esperar a las demás", remember: "¿ya respondido?", download: "descargar", wait: "esperar turno", recognise: "buscar y mirar caras", send: "enviar la respuesta" },
  total: "del envío a la respuesta", attempt: "Intento {n}", ms: "ms", s: "s",
  direct: "La función webhook lo respondió ella misma, en su propia respuesta: nada pasó por la cola.",
  faces: "Las caras tal como las vio la red", crop: "Cara {n}, 48 por 48 píxeles", face: "Cara {n}", photoNumber: "Foto {n}", noFace: "No se encontró ninguna cara.",
  looks: { happy: "parece feliz", sad: "parece triste", neutral: "parece neutral" },
  emotions: { happy: "feliz", sad: "triste", neutral: "neutral" },
  hard: "difícil de decir: {a} o {b}", small: "demasiado pequeña", px: "{w} × {h} px en la foto",
  model: "Modelo", engine: "Motor",
  engines: { litert: "LiteRT", tensorflow: "TensorFlow" },
  engineHints: { litert: "El bot tal como se despliega: pequeño y rápido.", tensorflow: "La referencia: los paquetes tal cual. Más lento, con casi las mismas respuestas." },
  missing: "TensorFlow no está instalado aquí. Son unos 600 MB del índice de paquetes.",
  install: "Instalar TensorFlow", again: "Reintentar", installing: "Instalando TensorFlow…", switching: "Cargando el motor…", installFailed: "No se pudo instalar TensorFlow.",
  faults: "Haz que algo falle", faultsHint: "Activa un fallo, envía una foto y mira qué hace el bot.", faultOn: "fallo activado",
  fault: { slow: "Telegram va lento", flood: "Telegram responde 429", no_bundle: "Falta el modelo" },
  expect: {
    slow: "Cada llamada a Telegram tarda tres segundos más. La respuesta llega tarde, pero no se pierde nada.",
    flood: "Telegram rechaza cada respuesta dos veces. La foto vuelve a la cola un rato y se responde una sola vez.",
    no_bundle: "El reconocedor no puede arrancar. Tras tres intentos, la foto se aparta para el responsable; si desactivas el fallo antes, la respuesta llega igualmente.",
  },
};

const pt = {
  language: "Idioma do seu app", bot: "bot", you: "Você", chat: "Chat", today: "hoje",
  intro: "O que este bot pode fazer?", try: "Clique em uma foto para enviá-la ou solte a sua aqui.", tryTouch: "Toque em uma foto para enviá-la ou anexe a sua.",
  samples: "Fotos de exemplo", sample: "Enviar o exemplo: {name}", sampleAlbum: "Enviar três como álbum", album: "Álbum",
  sampleNames: { two_people: "duas pessoas", obama: "retrato", astronaut: "astronauta", biden: "outro retrato", chelsea: "gato", rocket: "foguete" },
  attach: "Anexar fotos", menu: "Menu", commands: "Comandos", message: "Mensagem", caption: "Adicione uma legenda", send: "Enviar",
  drop: "Solte as fotos aqui para enviá-las", tray: "A enviar", remove: "Remover {name}",
  trayOne: "Pressione Enter para enviar.", trayMany: "{n} arquivos. Pressione Enter para enviar as fotos como álbum.",
  large: "{name} é grande demais: aqui podem ser enviados no máximo {n} MB.",
  reply: "Responder", replyTo: "Em resposta a {name}", replyToYou: "Em resposta à sua mensagem", cancelReply: "Cancelar a resposta", original: "Ir para a mensagem original",
  photo: "Foto", file: "Arquivo", yours: "Sua foto", theirs: "A foto com os rostos marcados", open: "Abrir a foto",
  close: "Fechar", next: "Próxima foto", previous: "Foto anterior", position: "{n} de {total}",
  newest: "Ir para a mensagem mais recente", ok: "OK",
  actions: { upload_photo: "enviando uma foto", typing: "digitando" },
  delivery: { sent: "Enviada", taken: "Recebida pelo bot", failed: "Sem resposta" },
  inspect: "O que aconteceu com esta mensagem",
  gone: "O ambiente de testes não responde. Inicie-o de novo com: make run", back: "Conexão restabelecida.",
  notSent: "Não enviada: o ambiente de testes não responde.",
  panel: "Nos bastidores", closePanel: "Fechar o painel", updates: "O que aconteceu com uma mensagem",
  panelEmpty: "Envie uma foto ou um comando. Aqui você vê cada etapa, os milissegundos de cada uma e os rostos como a rede os viu.",
  recent: "Últimas mensagens",
  what: { photo: "Foto", album: "Álbum", command: "Comando", button: "Botão", text: "Texto", file: "Arquivo" },
  state: { delivering: "sendo entregue", queued: "na fila", working: "em andamento", done: "respondida", failed: "falhou" },
  nodes: { webhook: "Webhook", queue: "Fila", recognizer: "Análise", answer: "Resposta" },
  stages: { webhook: "webhook", queue: "na fila", gather: "esperar as outras", remember: "já respondida?", download: "baixar", wait: "esperar a vez", recognise: "achar e olhar rostos", send: "enviar a resposta" },
  total: "do envio à resposta", attempt: "Tentativa {n}", ms: "ms", s: "s",
  direct: "A própria função webhook respondeu, direto na resposta dela: nada entrou na fila.",
  faces: "Os rostos como a rede os viu", crop: "Rosto {n}, 48 por 48 pixels", face: "Rosto {n}", photoNumber: "Foto {n}", noFace: "Nenhum rosto foi encontrado.",
  looks: { happy: "parece feliz", sad: "parece triste", neutral: "parece neutro" },
  emotions: { happy: "feliz", sad: "triste", neutral: "neutro" },
  hard: "difícil dizer: {a} ou {b}", small: "pequeno demais", px: "{w} × {h} px na foto",
  model: "Modelo", engine: "Motor",
  engines: { litert: "LiteRT", tensorflow: "TensorFlow" },
  engineHints: { litert: "O bot como é implantado: pequeno e rápido.", tensorflow: "A referência: os pacotes como são. Mais lento, com quase as mesmas respostas." },
  missing: "O TensorFlow não está instalado aqui. São cerca de 600 MB do índice de pacotes.",
  install: "Instalar o TensorFlow", again: "Tentar de novo", installing: "Instalando o TensorFlow…", switching: "Carregando o motor…", installFailed: "Não foi possível instalar o TensorFlow.",
  faults: "Faça algo falhar", faultsHint: "Ative uma falha, envie uma foto e veja o que o bot faz.", faultOn: "falha ativada",
  fault: { slow: "O Telegram está lento", flood: "O Telegram responde 429", no_bundle: "Falta o modelo" },
  expect: {
    slow: "Cada chamada ao Telegram leva três segundos a mais. A resposta chega tarde, mas nada se perde.",
    flood: "O Telegram recusa cada resposta duas vezes. A foto volta à fila por um tempo e é respondida uma vez só.",
    no_bundle: "A análise não consegue iniciar. Depois de três tentativas, a foto é separada para o responsável; se você desativar a falha antes, a resposta ainda chega.",
  },
};

const ru = {
  language: "Язык вашего приложения", bot: "бот", you: "Вы", chat: "Чат", today: "сегодня",
  intro: "Что умеет этот бот?", try: "Нажмите на фото, чтобы отправить его, или перетащите сюда своё.", tryTouch: "Нажмите на фото, чтобы отправить его, или прикрепите своё.",
  samples: "Примеры фотографий", sample: "Отправить пример: {name}", sampleAlbum: "Отправить три альбомом", album: "Альбом",
  sampleNames: { two_people: "два человека", obama: "портрет", astronaut: "астронавт", biden: "ещё один портрет", chelsea: "кошка", rocket: "ракета" },
  attach: "Прикрепить фото", menu: "Меню", commands: "Команды", message: "Сообщение", caption: "Добавьте подпись", send: "Отправить",
  drop: "Отпустите фото, чтобы отправить", tray: "Готово к отправке", remove: "Убрать {name}",
  trayOne: "Нажмите Enter, чтобы отправить.", trayMany: "Файлов: {n}. Нажмите Enter, чтобы отправить фото альбомом.",
  large: "Файл {name} слишком большой: здесь можно отправить не больше {n} МБ.",
  reply: "Ответить", replyTo: "В ответ: {name}", replyToYou: "В ответ на ваше сообщение", cancelReply: "Отменить ответ", original: "К исходному сообщению",
  photo: "Фото", file: "Файл", yours: "Ваше фото", theirs: "Фото с отмеченными лицами", open: "Открыть фото",
  close: "Закрыть", next: "Следующее фото", previous: "Предыдущее фото", position: "{n} из {total}",
  newest: "К последнему сообщению", ok: "OK",
  actions: { upload_photo: "отправляет фото", typing: "печатает" },
  delivery: { sent: "Отправлено", taken: "Получено ботом", failed: "Без ответа" },
  inspect: "Что произошло с этим сообщением",
  gone: "Песочница не отвечает. Запустите её снова: make run", back: "Соединение восстановлено.",
  notSent: "Не отправлено: песочница не отвечает.",
  panel: "За кулисами", closePanel: "Закрыть панель", updates: "Что произошло с сообщением",
  panelEmpty: "Отправьте фото или команду. Здесь видны каждый шаг, его длительность в миллисекундах и лица такими, какими их увидела сеть.",
  recent: "Последние сообщения",
  what: { photo: "Фото", album: "Альбом", command: "Команда", button: "Кнопка", text: "Текст", file: "Файл" },
  state: { delivering: "доставляется", queued: "в очереди", working: "в работе", done: "есть ответ", failed: "не удалось" },
  nodes: { webhook: "Вебхук", queue: "Очередь", recognizer: "Анализ", answer: "Ответ" },
  stages: { webhook: "вебхук", queue: "в очереди", gather: "ожидание остальных", remember: "уже отвечали?", download: "загрузка фото", wait: "ожидание", recognise: "поиск и анализ лиц", send: "отправка ответа" },
  total: "от отправки до ответа", attempt: "Попытка {n}", ms: "мс", s: "с",
  direct: "Функция вебхука ответила сама, сразу на запрос Telegram: в очередь ничего не попало.",
  faces: "Лица, какими их увидела сеть", crop: "Лицо {n}, 48 на 48 пикселей", face: "Лицо {n}", photoNumber: "Фото {n}", noFace: "Лиц не найдено.",
  looks: { happy: "выглядит радостно", sad: "выглядит грустно", neutral: "выглядит нейтрально" },
  emotions: { happy: "радостно", sad: "грустно", neutral: "нейтрально" },
  hard: "трудно сказать: {a} или {b}", small: "слишком мелкое", px: "{w} × {h} пикс. на фото",
  model: "Модель", engine: "Движок",
  engines: { litert: "LiteRT", tensorflow: "TensorFlow" },
  engineHints: { litert: "Бот, какой он в работе: маленький и быстрый.", tensorflow: "Эталон: пакеты как есть. Медленнее, с почти теми же ответами." },
  missing: "TensorFlow здесь не установлен. Это около 600 МБ из репозитория пакетов.",
  install: "Установить TensorFlow", again: "Повторить", installing: "Устанавливается TensorFlow…", switching: "Движок загружается…", installFailed: "Не удалось установить TensorFlow.",
  faults: "Устроить сбой", faultsHint: "Включите сбой, отправьте фото и посмотрите, что сделает бот.", faultOn: "включён сбой",
  fault: { slow: "Telegram работает медленно", flood: "Telegram отвечает 429", no_bundle: "Нет модели" },
  expect: {
    slow: "Каждый вызов Telegram длится на три секунды дольше. Ответ придёт поздно, но ничего не потеряется.",
    flood: "Telegram дважды отклоняет каждый ответ. Фото на время возвращается в очередь, и ответ приходит один раз.",
    no_bundle: "Анализ не запускается. После трёх попыток фото откладывается для владельца; если выключить сбой раньше, ответ всё же придёт.",
  },
};

const uk = {
  language: "Мова вашого застосунку", bot: "бот", you: "Ви", chat: "Чат", today: "сьогодні",
  intro: "Що вміє цей бот?", try: "Натисніть на фото, щоб надіслати його, або перетягніть сюди своє.", tryTouch: "Натисніть на фото, щоб надіслати його, або прикріпіть своє.",
  samples: "Приклади фотографій", sample: "Надіслати приклад: {name}", sampleAlbum: "Надіслати три альбомом", album: "Альбом",
  sampleNames: { two_people: "двоє людей", obama: "портрет", astronaut: "астронавтка", biden: "ще один портрет", chelsea: "кішка", rocket: "ракета" },
  attach: "Прикріпити фото", menu: "Меню", commands: "Команди", message: "Повідомлення", caption: "Додайте підпис", send: "Надіслати",
  drop: "Відпустіть фото, щоб надіслати", tray: "Готове до надсилання", remove: "Прибрати {name}",
  trayOne: "Натисніть Enter, щоб надіслати.", trayMany: "Файлів: {n}. Натисніть Enter, щоб надіслати фото альбомом.",
  large: "Файл {name} завеликий: тут можна надіслати щонайбільше {n} МБ.",
  reply: "Відповісти", replyTo: "У відповідь: {name}", replyToYou: "У відповідь на ваше повідомлення", cancelReply: "Скасувати відповідь", original: "До початкового повідомлення",
  photo: "Фото", file: "Файл", yours: "Ваше фото", theirs: "Фото з позначеними обличчями", open: "Відкрити фото",
  close: "Закрити", next: "Наступне фото", previous: "Попереднє фото", position: "{n} із {total}",
  newest: "До останнього повідомлення", ok: "OK",
  actions: { upload_photo: "надсилає фото", typing: "друкує" },
  delivery: { sent: "Надіслано", taken: "Отримано ботом", failed: "Без відповіді" },
  inspect: "Що сталося з цим повідомленням",
  gone: "Пісочниця не відповідає. Запустіть її знову: make run", back: "З’єднання відновлено.",
  notSent: "Не надіслано: пісочниця не відповідає.",
  panel: "За лаштунками", closePanel: "Закрити панель", updates: "Що сталося з повідомленням",
  panelEmpty: "Надішліть фото або команду. Тут видно кожен крок, його тривалість у мілісекундах і обличчя такими, якими їх побачила мережа.",
  recent: "Останні повідомлення",
  what: { photo: "Фото", album: "Альбом", command: "Команда", button: "Кнопка", text: "Текст", file: "Файл" },
  state: { delivering: "доставляється", queued: "у черзі", working: "у роботі", done: "є відповідь", failed: "не вдалося" },
  nodes: { webhook: "Вебхук", queue: "Черга", recognizer: "Аналіз", answer: "Відповідь" },
  stages: { webhook: "вебхук", queue: "у черзі", gather: "очікування решти", remember: "уже відповіли?", download: "завантаження фото", wait: "очікування", recognise: "пошук і аналіз облич", send: "надсилання відповіді" },
  total: "від надсилання до відповіді", attempt: "Спроба {n}", ms: "мс", s: "с",
  direct: "Функція вебхука відповіла сама, одразу на запит Telegram: до черги нічого не потрапило.",
  faces: "Обличчя, якими їх побачила мережа", crop: "Обличчя {n}, 48 на 48 пікселів", face: "Обличчя {n}", photoNumber: "Фото {n}", noFace: "Облич не знайдено.",
  looks: { happy: "виглядає радісно", sad: "виглядає сумно", neutral: "виглядає нейтрально" },
  emotions: { happy: "радісно", sad: "сумно", neutral: "нейтрально" },
  hard: "важко сказати: {a} чи {b}", small: "надто дрібне", px: "{w} × {h} пікс. на фото",
  model: "Модель", engine: "Рушій",
  engines: { litert: "LiteRT", tensorflow: "TensorFlow" },
  engineHints: { litert: "Бот, який він у роботі: малий і швидкий.", tensorflow: "Еталон: пакунки як є. Повільніше, з майже тими самими відповідями." },
  missing: "TensorFlow тут не встановлено. Це близько 600 МБ із репозиторію пакунків.",
  install: "Встановити TensorFlow", again: "Спробувати ще раз", installing: "Встановлюється TensorFlow…", switching: "Рушій завантажується…", installFailed: "Не вдалося встановити TensorFlow.",
  faults: "Спричинити збій", faultsHint: "Увімкніть збій, надішліть фото й подивіться, що зробить бот.", faultOn: "увімкнено збій",
  fault: { slow: "Telegram працює повільно", flood: "Telegram відповідає 429", no_bundle: "Немає моделі" },
  expect: {
    slow: "Кожен виклик Telegram триває на три секунди довше. Відповідь прийде пізно, але нічого не загубиться.",
    flood: "Telegram двічі відхиляє кожну відповідь. Фото на якийсь час повертається до черги, і відповідь приходить один раз.",
    no_bundle: "Аналіз не запускається. Після трьох спроб фото відкладається для власника; якщо вимкнути збій раніше, відповідь усе ж прийде.",
  },
};

export const TEXTS = { en, de, es, pt, ru, uk };
export const NAMES = { en: "English", de: "Deutsch", es: "Español", pt: "Português", ru: "Русский", uk: "Українська" };
const KEPT = "language";

let spoken = remembered() ?? navigator.languages.map((tag) => tag.slice(0, 2)).find((code) => code in TEXTS) ?? "en";

function remembered() {
  const code = localStorage.getItem(KEPT);
  return code in TEXTS ? code : undefined;
}

export const language = () => spoken;

export function speak(code) {
  spoken = code;
  localStorage.setItem(KEPT, code);
}

/** The text of a key such as "stages.queue", with {values} put in; a key that is none stands for itself. */
export function say(key, values = {}) {
  const text = key.split(".").reduce((texts, part) => texts?.[part], TEXTS[spoken]) ?? key.split(".").at(-1);
  return text.replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

/** Write the texts of all nodes that name one, and their labels. */
export function translate(root = document) {
  document.documentElement.lang = spoken;
  for (const node of root.querySelectorAll("[data-text]")) node.textContent = say(node.dataset.text);
  for (const node of root.querySelectorAll("[data-label]")) node.ariaLabel = say(node.dataset.label);
  for (const node of root.querySelectorAll("button.round[data-label]")) node.title = node.ariaLabel;
}

export function milliseconds(value) {
  const seconds = value >= 10_000;
  const shown = seconds ? value / 1000 : value;
  const digits = { maximumFractionDigits: shown < 10 || seconds ? 1 : 0 };
  return `${new Intl.NumberFormat(spoken, digits).format(shown)} ${say(seconds ? "s" : "ms")}`;
}

export const percent = (share) => new Intl.NumberFormat(spoken, { style: "percent" }).format(share);
