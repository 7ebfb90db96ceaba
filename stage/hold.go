package stage

import (
	"regexp"
	"strings"
	"unicode"
)

// What a line must not carry to the wall without a person's word: addresses,
// numbers and accounts to be reached at, and words from a short list. Such a line
// is held for a moderator, never refused, since every rule here also meets
// innocent ones.
var (
	webAddress = regexp.MustCompile(`https?:|www\.|[a-z0-9-]\.(?:com|cn|net|org|top|xyz|vip|cc|io|me|tv|club|shop|site|app|link|info|live|fun|wang|work)(?:[^a-z]|$)`)
	account    = regexp.MustCompile(`(?:微信|薇信|威信|徽信|v信|vx|wx|wechat|weixin|qq|扣扣|企鹅|telegram|whatsapp)(?:号|群|id)?[:：是为+ ]*[a-z0-9_-]{4,}`)
	invitation = regexp.MustCompile(`加(?:我|一下|个|下| )*(?:微信|薇信|威信|v信|vx|v|wx|qq|扣扣|群)(?:[^a-z]|$)`)
	number     = regexp.MustCompile(`[0-9]{7,}`) // a telephone, a QQ account
	soloWords  = regexp.MustCompile(`(?:^|[^a-z])(?:sb|nmsl|cnm|fuck|shit|bitch)(?:[^a-z]|$)`)
)

// heldWords are looked for with everything but letters and digits taken out.
var heldWords = []string{
	"傻逼", "傻比", "煞笔", "沙比", "操你", "草泥马", "你妈逼", "他妈的", "狗日", "去死", "滚蛋", "脑残", "智障", "垃圾项目", "废物",
	"赌博", "博彩", "棋牌", "色情", "约炮", "裸聊", "嫖", "招嫖", "包夜", "代开发票", "刷单", "套现", "枪支", "毒品", "冰毒",
	"刷票", "买票", "黑幕",
}

// digitsOf are the other ways to write a digit.
var digitsOf = map[rune]rune{
	'零': '0', '〇': '0', '一': '1', '壹': '1', '二': '2', '贰': '2', '三': '3', '叁': '3', '四': '4', '肆': '4',
	'五': '5', '伍': '5', '六': '6', '陆': '6', '七': '7', '柒': '7', '八': '8', '捌': '8', '九': '9', '玖': '9',
}

// held reports whether a person must see the text before the public does.
func held(text string) bool {
	plain := strings.Map(narrow, text)
	if webAddress.MatchString(plain) || account.MatchString(plain) || invitation.MatchString(plain) || soloWords.MatchString(plain) {
		return true
	}
	packed := strings.Map(func(r rune) rune {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1 // what is put between the digits or signs to get by
		}
		return r
	}, plain)
	for _, w := range heldWords {
		if strings.Contains(packed, w) {
			return true
		}
	}
	return number.MatchString(strings.Map(asDigit, packed))
}

// narrow makes a full-width sign its plain one, and lower case.
func narrow(r rune) rune {
	switch {
	case '！' <= r && r <= '～':
		r -= '！' - '!'
	case r == '　':
		r = ' '
	case r == '。' || r == '．' || r == '丶':
		r = '.'
	}
	return unicode.ToLower(r)
}

func asDigit(r rune) rune {
	if d, ok := digitsOf[r]; ok {
		return d
	}
	if unicode.IsDigit(r) && r > '9' { // ٣, ３ and their like
		return '0'
	}
	return r
}
