"""WebKitGTK, told by JSON lines what to do. Each page is a window of its own on the X display."""
import base64
import io
import os
import sys

import gi

gi.require_version("Gtk", "3.0")
gi.require_version("WebKit2", "4.1")
from gi.repository import Gdk, GLib, Gtk, WebKit2  # noqa: E402

from lines import Desk, Problem, write  # noqa: E402

KEYS = {"Enter": "Return", "Escape": "Escape", "Tab": "Tab", "Backspace": "BackSpace"}


def make_context():
    context = WebKit2.WebContext.new_ephemeral()
    # Nothing but this machine can be reached, whatever a page tries: the proxy does not exist.
    proxy = WebKit2.NetworkProxySettings.new("http://127.0.0.1:9", ["127.0.0.1", "localhost"])
    context.get_website_data_manager().set_network_proxy_settings(WebKit2.NetworkProxyMode.CUSTOM, proxy)
    return context


class Page:
    def __init__(self, context, number, before):
        self.number = number
        # Who waits for the load that is under way.
        self.waiting = None
        content = WebKit2.UserContentManager()
        content.register_script_message_handler("driver")
        content.connect("script-message-received::driver", self.on_told)
        content.add_script(
            WebKit2.UserScript.new(
                before, WebKit2.UserContentInjectedFrames.ALL_FRAMES, WebKit2.UserScriptInjectionTime.START, None, None
            )
        )
        self.view = WebKit2.WebView(web_context=context, user_content_manager=content)
        self.view.connect("load-changed", self.on_load_changed)
        self.view.connect("load-failed", self.on_load_failed)
        self.view.connect("script-dialog", lambda view, dialog: True)
        self.view.connect("web-process-terminated", self.on_terminated)
        # It would swallow the first key after a field has got the focus.
        self.view.set_input_method_context(None)
        self.window = Gtk.Window()
        self.window.set_decorated(False)
        self.window.set_default_size(1280, 800)
        self.window.add(self.view)
        self.window.show_all()
        self.view.grab_focus()

    def on_told(self, content, result):
        write({"page": self.number, "told": result.get_js_value().to_string()})

    def on_terminated(self, view, reason):
        write({"page": self.number, "told": '{"error": "the page\'s process ended"}'})

    def on_load_changed(self, view, event):
        waiting = self.waiting
        if waiting and event == WebKit2.LoadEvent.FINISHED:
            self.waiting = None
            waiting.give()

    def on_load_failed(self, view, event, uri, error):
        waiting, self.waiting = self.waiting, None
        if waiting:
            waiting.refuse(error.message)
        return True

    def go(self, answer, url):
        self.waiting = answer
        self.view.load_uri(url)

    def history(self, answer, step):
        if step == "back" and not self.view.can_go_back():
            raise Problem("there is nothing to go back to")
        if step == "back":
            self.view.go_back()
        else:
            self.view.reload()
        answer.give()

    def run(self, answer, source):
        def done(view, result):
            try:
                answer.give(view.evaluate_javascript_finish(result).to_string())
            except GLib.Error as error:
                answer.refuse(error.message)

        self.view.evaluate_javascript(source, -1, None, None, None, done)

    def event(self, kind, fields):
        window = self.view.get_window()
        event = Gdk.Event.new(kind)
        part = {Gdk.EventType.KEY_PRESS: "key", Gdk.EventType.KEY_RELEASE: "key", Gdk.EventType.MOTION_NOTIFY: "motion"}
        inner = getattr(event, part.get(kind, "button"))
        inner.window = window
        inner.time = GLib.get_monotonic_time() // 1000 & 0xFFFFFFFF
        for name, value in fields.items():
            setattr(inner, name, value)
        seat = Gdk.Display.get_default().get_default_seat()
        event.set_device(seat.get_keyboard() if inner is event.key else seat.get_pointer())
        Gtk.main_do_event(event)

    def focused(self, act):
        """Acts when the window has the keyboard: keys that come before that are lost."""
        if self.window.is_active():
            act()
            return
        self.window.present()
        self.view.grab_focus()

        def changed(window, _):
            if window.is_active():
                window.disconnect(watcher)
                act()

        watcher = self.window.connect("notify::is-active", changed)

    def mouse(self, answer, x, y):
        def act():
            at = {"x": x, "y": y, "x_root": x, "y_root": y}
            self.event(Gdk.EventType.MOTION_NOTIFY, at)
            self.event(Gdk.EventType.BUTTON_PRESS, {"button": 1, **at})
            self.event(Gdk.EventType.BUTTON_RELEASE, {"button": 1, "state": Gdk.ModifierType.BUTTON1_MASK, **at})
            answer.give()

        self.focused(act)

    def key(self, keyval):
        found, keys = Gdk.Keymap.get_for_display(Gdk.Display.get_default()).get_entries_for_keyval(keyval)
        fields = {"keyval": keyval, "hardware_keycode": keys[0].keycode if found else 0}
        self.event(Gdk.EventType.KEY_PRESS, fields)
        self.event(Gdk.EventType.KEY_RELEASE, fields)

    def strike(self, answer, keyvals):
        def act():
            for keyval in keyvals:
                self.key(keyval)
            answer.give()

        self.focused(act)

    def keys(self, answer, text):
        self.strike(answer, [Gdk.unicode_to_keyval(ord(letter)) for letter in text])

    def press(self, answer, key):
        self.strike(answer, [Gdk.keyval_from_name(KEYS[key])])

    def picture(self, answer):
        def done(view, result):
            try:
                png = io.BytesIO()
                view.get_snapshot_finish(result).write_to_png(png)
                answer.give(base64.b64encode(png.getvalue()).decode())
            except GLib.Error as error:
                answer.refuse(error.message)

        self.view.get_snapshot(WebKit2.SnapshotRegion.VISIBLE, WebKit2.SnapshotOptions.NONE, None, done)

    def size(self, answer, width, height):
        self.view.set_size_request(width, height)
        self.window.resize(width, height)
        answer.give()

    def close(self):
        self.window.destroy()
        self.view.destroy()


def main():
    context = make_context()
    desk = Desk(lambda number, before: Page(context, number, before))

    def read(descriptor, condition):
        data = os.read(descriptor, 65536)
        if not data:
            Gtk.main_quit()
            return False
        desk.take(data)
        return True

    GLib.unix_fd_add_full(GLib.PRIORITY_DEFAULT, sys.stdin.fileno(), GLib.IOCondition.IN | GLib.IOCondition.HUP, read)
    version = (WebKit2.get_major_version(), WebKit2.get_minor_version(), WebKit2.get_micro_version())
    write({"ready": ".".join(map(str, version))})
    Gtk.main()


main()
