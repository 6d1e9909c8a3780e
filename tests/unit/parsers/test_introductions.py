"""What further programs write between an answer and the mail it quotes: all of it goes with the quotation."""

import msgspec
import pytest

from parsers.answers import DATED
from parsers.read import parse
from parsers.records import Answer, Hints
from rules.reference import token

DESK = f"desk+{token('L-7KQ2M4-2', 'team', b'k' * 32)}@muster.example"
NAME = "Autohaus Muster"
WHO = f"{NAME} <{DESK}>"
RULE = "-" * 18
OWN = "Ja, Samstag um zehn passt uns gut.\n\nMax Verkäufer"
OURS = ("##- Ihre Antwort geht an den Kunden. -##", "", "Neu: Anfrage", "> !done", "", "Fahrzeug", "  Golf", "-- ", "x")
HEAD = "From: Max Verkäufer <verkauf@muster.example>\nSubject: AW: x\nContent-Type: text/plain; charset=utf-8\n\n"

INTRODUCTIONS = {
    "proton": f"Am Freitag, 20. November 2026 um 14:42, {WHO} schrieb:",
    "t-online": f"-----Original-Nachricht-----\nBetreff: Neu\nDatum: 2026-11-20T14:42:07+0100\nVon: {WHO}\nAn: V\n",
    "open-xchange": f"{WHO} hat am 20.11.2026 14:42 CET geschrieben:",
    "spark": f"On 20 Nov 2026, 14:42 +0100, {WHO}, wrote:",
    "zoho": f"---- Am Fr, 20 Nov 2026 14:42:07 +0100 {WHO} schrieb ----",
    "notes": f"Von:\t{WHO}\nAn:\tverkauf@muster.example\nDatum:\t20.11.2026 14:42\nBetreff:\tNeu\n",
    "aliyun": f"{RULE * 3}\n发件人：{WHO}\n日　期：2026年11月20日 14:42:07\n收件人：<s@muster.example>\n主　题：新\n",
    "sina": f"----- 原始邮件 -----\n发件人：{WHO}\n收件人：sales\n主题：x\n日期：2026年11月20日 14点42分\n",
    "139": f"----邮件原文----\n发件人：{WHO}\n收件人：sales\n抄 送： (无)\n发送时间：2026-11-20 14:42:07\n主题：x\n",
    "qq-english": f'{RULE} Original {RULE}\nFrom:  "{NAME}" <{DESK}>;\nDate:  Fri, Nov 20\nTo:  "s"<s@x.example>;\n',
    "qq-plain": f'{RULE}&nbsp;原始邮件&nbsp;{RULE}\n发件人: {WHO};\n发送时间:&nbsp;2026年11月20日\n收件人:&nbsp;"s"\n',
    "huawei": f"-------- 原始邮件 --------\n发件人：{WHO}\n日期：2026年11月20日周五 14:42\n收件人：s\n主题：x\n",
    "bluemail": f"Am 20. Nov. 2026, 14:42, um 14:42, {WHO} schrieb:",
    "evolution": f"Am Freitag, dem 20.11.2026 um 14:42 +0100 schrieb {NAME}:",
    "evolution-en": f"On Fri, 2026-11-20 at 14:42 +0100, {NAME} wrote:",
    "mutt": f"On Fri, Nov 20, 2026 at 02:42:07PM +0100, {NAME} wrote:",
    "kmail": f"Am Freitag, 20. November 2026, 14:42:07 Mitteleuropäische Normalzeit schrieb {NAME}:",
    "em-client": f"------ Originalnachricht ------\nVon {WHO}\nAn v\nDatum 20.11.2026\nBetreff x\n",
    "mailbird": f"Am 20.11.2026 14:42:07 schrieb {WHO}:",
    "bold": f"*Von:* {WHO}\n*Gesendet:* Freitag, 20. November 2026\n*An:* v@muster.example\n*Betreff:* x\n",
    "outlook-mac": f"From: {WHO}\nDate: Friday, 20 November 2026 at 14:42\nTo: sales@muster.example\nSubject: x\n",
    "outlook-mac-da": f"Fra: {WHO}\nDato: fredag den 20. november 2026 kl. 14.42\nTil: salg@muster.example\nEmne: x\n",
    "gmail-da": f"fre. 20. nov. 2026 14.42 skrev {WHO}:",
    "da": f"Den 20.11.2026 14:42, skrev {NAME}:",
    "yandex": f'20.11.2026, 14:42, "{NAME}" <{DESK}>:',
    "gmail-old": f"2026-11-20 14:42 GMT+01:00 {WHO}:",
    "zh-name-only": f"{NAME} 写道：",
    "zh-tw": f"{WHO} 於 2026年11月20日 週五 下午2:42寫道：",
    "nl": f"Op vr 20 nov 2026 om 14:42 schreef {WHO}:",
    "ko": f"2026년 11월 20일 (금) 오후 2:42, {WHO}님이 작성:",
    "ja": f"2026/11/20 14:42、{WHO}のメール:",
    "cs": f"Dne pá 20. 11. 2026 14:42 uživatel {WHO} napsal:",
    "en-name-first": f"{NAME} wrote on 11/20/26 2:42 PM:",
    "outlook-2010": f"From: {NAME} [mailto:{DESK}] \nSent: 20 November 2026 14:42\nTo: sales\nSubject: x\n",
    "owa-2010": f"{'_' * 40}\nVon: {NAME} [{DESK}]\nGesendet: Freitag, 20. November 2026 14:42\nAn: V\nBetreff: x\n",
    "wrapped": f"Am Fr., 20. Nov. 2026 um 14:42 Uhr schrieb {NAME} <\n{DESK}>:\n",
    "wrapped-at-the-time": f"On Fri, 20 Nov 2026 at\n14:42, {WHO} wrote:\n",
    "wrapped-zh": f"{WHO}\n于2026年11月20日周五 14:42写道：\n",
}


@pytest.mark.parametrize("mark", ["> ", "", "| "])
@pytest.mark.parametrize("program", INTRODUCTIONS)
def test_an_introduction_goes_with_its_quotation(program: str, mark: str) -> None:
    quoted = "\n".join(f"{mark}{line}" for line in OURS)
    body = f"{OWN}\n\n{INTRODUCTIONS[program]}\n{quoted}\n"
    assert parse((HEAD + body).encode(), Hints(answering=True)).answer == Answer(text=OWN)


WITHOUT_COLON = {
    "de": "Am 3. Mai schrieb Max Muster",
    "de with a time": "Am 03.05.2026 um 14:42 schrieb Max Muster",
    "de with a weekday": "Am Sonntag, den 3. Mai 2026 um 14:42 schrieb Max Muster <max@kunde.example>",
    "de wrapped": "Am Sonntag, den 3. Mai 2026 um 14:42 Uhr hat\nMax Muster geschrieben",
    "en": "On 3 May Max Example wrote",
    "en wrapped": "On Sun, 3 May 2026 at\n14:42, Max Example <max@kunde.example>\nwrote",
    "da": "Den 3. maj 2026 kl. 14.42 skrev Mette Eksempel",
    "zh": "2026年5月3日，王小明写道",
}


@pytest.mark.parametrize("mark", ["> ", ">"])
@pytest.mark.parametrize("name", WITHOUT_COLON)
def test_an_introduction_needs_no_colon_above_a_quotation(name: str, mark: str) -> None:
    for own in (OWN, "Ja."):
        for gap in ("\n", "\n\n"):
            body = f"{own}\n\n{WITHOUT_COLON[name]}{gap}{mark}Haben Sie den Golf noch?\n"
            answer = parse((HEAD + body).encode(), Hints(answering=True)).answer
            assert answer is not None
            assert msgspec.structs.replace(answer, wish=None) == Answer(text=own)


@pytest.mark.parametrize("name", WITHOUT_COLON)
def test_one_that_nothing_follows_is_cut_and_asked_about_where_it_may_be_a_sentence(name: str) -> None:
    answer = parse(f"{HEAD}{OWN}\n\n{WITHOUT_COLON[name]}\n\n".encode(), Hints(answering=True)).answer
    assert answer is not None
    assert (answer.text, answer.doubt) == (OWN, DATED if name in ("de", "en") else None)


@pytest.mark.parametrize(
    "sentence",
    [
        "Am 3. Mai schrieb ich Ihnen",
        "On 3 May I wrote to you",
        "Am 3. Mai schrieb Max Muster.",
        "Am 3. Mai schrieb Max, dass er den Wagen am Samstag um zehn Uhr abholen will",
        "Wir sehen uns am 3. Mai um 10:00",
        "Max hat den Vertrag unterschrieben",
    ],
)
def test_a_sentence_of_ones_own_stays(sentence: str) -> None:
    for below in ("", "\n\n> Haben Sie den Golf noch?\n"):
        answer = parse(f"{HEAD}Guten Tag,\n\n{sentence}{below}".encode(), Hints(answering=True)).answer
        assert answer == Answer(text=f"Guten Tag,\n\n{sentence}")


def test_a_line_that_may_be_either_is_asked_about() -> None:
    body = f"{HEAD}{OWN}\n\nWie Max Muster am 3. Mai geschrieben hat\n> Haben Sie den Golf noch?\n"
    assert parse(body.encode(), Hints(answering=True)).answer == Answer(text=OWN, doubt=DATED)
