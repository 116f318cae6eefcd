/* A stand-in of Zendesk's app framework SDK, which its static CDN serves in production.
 * Written from the SDK's documentation and the messages it exchanges with the page around it:
 * it starts only with `origin` and `app_guid` in the address, speaks JSON texts to that origin
 * alone, and holds back what is asked before the page has registered the app.
 */
(function () {
  'use strict';
  var SAFE_ORIGIN = /^https:\/\/.+\.zendesk\.com$/;

  function Client(origin, guid) {
    var self = this;
    this._origin = origin;
    this._guid = guid;
    this._handlers = {};
    this._pending = {};
    this._waiting = [];
    this._lastId = 0;
    this._ready = false;
    window.addEventListener('message', function (event) {
      if (event.origin === origin && event.source === window.parent) { self._receive(JSON.parse(event.data)); }
    });
    this._post({ key: 'iframe.handshake', message: { version: '2.0-stand-in' } }, true);
  }

  Client.prototype._post = function (message, isHandshake) {
    message.appGuid = message.instanceGuid = this._guid;
    if (!this._ready && !isHandshake) { this._waiting.push(message); return; }
    window.parent.postMessage(JSON.stringify(message), this._origin);
  };

  Client.prototype._receive = function (data) {
    if (data.id && this._pending[data.id]) {
      var pending = this._pending[data.id];
      delete this._pending[data.id];
      if (data.error) { pending.reject(new Error(data.error.message)); } else { pending.resolve(data.result); }
      return;
    }
    var name = String(data.key || '').replace(/^zaf\./, '');
    if (name === 'app.registered') {
      this._ready = true;
      this._waiting.splice(0).forEach(function (message) { this._post(message); }, this);
    }
    (this._handlers[name] || []).forEach(function (handler) { handler(data.message); });
  };

  Client.prototype._ask = function (request, params) {
    var id = ++this._lastId, pending = this._pending;
    this._post({ id: id, request: request, params: params });
    return new Promise(function (resolve, reject) { pending[id] = { resolve: resolve, reject: reject }; });
  };

  Client.prototype.on = function (name, handler) {
    (this._handlers[name] = this._handlers[name] || []).push(handler);
    if (name !== 'app.registered') { this._post({ key: 'iframe.on:' + name, message: { subscriberCount: this._handlers[name].length } }); }
  };

  Client.prototype.get = function (paths) { return this._ask('get', Array.isArray(paths) ? paths : [paths]); };
  Client.prototype.invoke = function (name) {
    var params = {};
    params[name] = Array.prototype.slice.call(arguments, 1);
    return this._ask('invoke', params);
  };
  // The real one sends it through the page around it, with the agent's own rights.
  Client.prototype.request = function (options) { return this._ask('request', options); };

  window.ZAFClient = {
    init: function () {
      var query = new URLSearchParams(window.location.search);
      var origin = query.get('origin'), guid = query.get('app_guid');
      if (!origin || !guid || !SAFE_ORIGIN.test(origin)) { return false; }
      return new Client(origin, guid);
    }
  };
}());
