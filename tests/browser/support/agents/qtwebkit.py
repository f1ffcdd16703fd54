"""QtWebKit, told by JSON lines what to do. Each page is a view of its own, on no display."""
import base64
import os
import sys

from PyQt5.QtCore import QBuffer, QEvent, QIODevice, QObject, QPoint, QSocketNotifier, Qt, QUrl, pyqtSlot
from PyQt5.QtGui import QImage, QKeyEvent, QPainter
from PyQt5.QtNetwork import QNetworkProxy, QNetworkProxyFactory
from PyQt5.QtTest import QTest
from PyQt5.QtWebKit import QWebSettings, qWebKitVersion
from PyQt5.QtWebKitWidgets import QWebPage, QWebView
from PyQt5.QtWidgets import QApplication

from lines import Desk, Problem, write

KEYS = {"Enter": Qt.Key_Return, "Escape": Qt.Key_Escape, "Tab": Qt.Key_Tab, "Backspace": Qt.Key_Backspace}


class OnlyHere(QNetworkProxyFactory):
    """Nothing but this machine can be reached, whatever a page tries: the proxy does not exist."""

    def queryProxy(self, query):
        if query.peerHostName() in ("127.0.0.1", "localhost"):
            return [QNetworkProxy(QNetworkProxy.NoProxy)]
        return [QNetworkProxy(QNetworkProxy.HttpProxy, "127.0.0.1", 9)]


class Bridge(QObject):
    def __init__(self, number):
        super().__init__()
        self.number = number

    @pyqtSlot(str)
    def tell(self, text):
        write({"page": self.number, "told": text})


class WebPage(QWebPage):
    """Without this the engine would wait for somebody to close a dialog."""

    def javaScriptAlert(self, frame, text):
        pass

    def javaScriptConfirm(self, frame, text):
        return True

    def javaScriptConsoleMessage(self, text, line, source):
        # The page's own calls and exceptions are told by the bridge, with their level.
        pass

    def shouldInterruptJavaScript(self):
        return False


class Page:
    def __init__(self, number, before):
        self.bridge = Bridge(number)
        self.before = before
        # Who waits for the load that is under way.
        self.waiting = None
        self.view = QWebView()
        self.page = WebPage(self.view)
        self.view.setPage(self.page)
        self.frame = self.page.mainFrame()
        self.prepare(self.frame)
        self.page.frameCreated.connect(self.prepare)
        self.page.loadFinished.connect(self.on_finished)
        self.view.resize(1280, 800)
        self.view.show()

    def prepare(self, frame):
        def cleared():
            frame.addToJavaScriptWindowObject("__driver", self.bridge)
            frame.evaluateJavaScript(self.before)

        frame.javaScriptWindowObjectCleared.connect(cleared)

    def on_finished(self, ok):
        waiting, self.waiting = self.waiting, None
        if not waiting:
            return
        if ok:
            waiting.give()
        else:
            waiting.refuse("it does not load")

    def go(self, answer, url):
        self.waiting = answer
        self.frame.load(QUrl(url))

    def history(self, answer, step):
        if step == "back" and not self.page.history().canGoBack():
            raise Problem("there is nothing to go back to")
        self.page.triggerAction(QWebPage.Back if step == "back" else QWebPage.Reload)
        answer.give()

    def run(self, answer, source):
        answer.give(self.frame.evaluateJavaScript(source))

    def focus(self):
        self.view.activateWindow()
        self.view.setFocus()

    def mouse(self, answer, x, y):
        self.focus()
        QTest.mouseMove(self.view, QPoint(x, y))
        QTest.mouseClick(self.view, Qt.LeftButton, Qt.NoModifier, QPoint(x, y))
        answer.give()

    def keys(self, answer, text):
        for letter in text:
            key = ord(letter.upper()) if ord(letter) < 128 else Qt.Key_unknown
            for kind in (QEvent.KeyPress, QEvent.KeyRelease):
                QApplication.sendEvent(self.view, QKeyEvent(kind, key, Qt.NoModifier, letter))
        answer.give()

    def press(self, answer, key):
        QTest.keyClick(self.view, KEYS[key])
        answer.give()

    def picture(self, answer):
        image = QImage(self.page.viewportSize(), QImage.Format_RGB32)
        image.fill(Qt.white)
        painter = QPainter(image)
        self.frame.render(painter)
        painter.end()
        buffer = QBuffer()
        buffer.open(QIODevice.WriteOnly)
        image.save(buffer, "PNG")
        answer.give(base64.b64encode(bytes(buffer.data())).decode())

    def size(self, answer, width, height):
        self.view.resize(width, height)
        answer.give()

    def close(self):
        self.view.close()
        self.view.deleteLater()


def main():
    app = QApplication(["engine"])
    app.setQuitOnLastWindowClosed(False)
    QNetworkProxyFactory.setApplicationProxyFactory(OnlyHere())
    settings = QWebSettings.globalSettings()
    settings.setAttribute(QWebSettings.LocalStorageEnabled, True)
    settings.setLocalStoragePath(os.environ["HOME"] + "/storage")
    desk = Desk(Page)

    def read(descriptor):
        data = os.read(descriptor, 65536)
        if data:
            desk.take(data)
        else:
            app.quit()

    notifier = QSocketNotifier(sys.stdin.fileno(), QSocketNotifier.Read)
    notifier.activated.connect(read)
    write({"ready": qWebKitVersion()})
    app.exec_()


main()
