/* Shows beside a Zendesk ticket the link that opens its requester in the Fairlead desktop app.
 *
 * All it knows it asks the Zendesk page around it (ZAFClient.get); it sends no request itself.
 * https://developer.zendesk.com/documentation/apps/app-developer-guide/using_sdk
 */
(function () {
  'use strict';

  var PATHS = ['ticket.id', 'ticket.requester.name', 'ticket.requester.email'];
  // The events of a ticket whose requester becomes another person, or is called otherwise.
  var CHANGES = ['ticket.requester.id.changed', 'ticket.requester.name.changed', 'ticket.requester.email.changed'];
  var HEIGHT_STEPS = 8; // px: a page that grows by single pixels would flicker

  var client = window.ZAFClient ? window.ZAFClient.init() : false;
  var link = '';

  function element(id) { return document.getElementById(id); }

  function say(words) { element('message').textContent = words; }

  function fitHeight() {
    var height = Math.ceil((document.body.offsetHeight + 4) / HEIGHT_STEPS) * HEIGHT_STEPS;
    client.invoke('resize', { width: '100%', height: height + 'px' });
  }

  function useScheme(scheme) {
    document.documentElement.dataset.scheme = scheme === 'dark' ? 'dark' : 'light';
  }

  function showTicket(found) {
    var number = String(found['ticket.id']);
    // textContent: a customer may be called <img src=…>.
    element('requester').textContent = found['ticket.requester.name'] || '';
    element('address').textContent = found['ticket.requester.email'] || '';
    var isKnown = /^[0-9]+$/.test(number);
    link = isKnown ? 'fairlead://ticket/' + number : '';
    element('actions').hidden = !isKnown;
    if (isKnown) { element('open').href = link; } else { element('open').removeAttribute('href'); }
    say(isKnown ? '' : 'This ticket has no number yet. Save it first.');
  }

  function readTicket() {
    client.get(PATHS).then(showTicket, function () {
      element('actions').hidden = true;
      say('Zendesk did not say which ticket this is. Reload the page.');
    });
  }

  function copyBySelection() {
    var field = document.createElement('textarea');
    field.value = link;
    field.setAttribute('aria-hidden', 'true');
    document.body.appendChild(field);
    field.select();
    var isCopied = document.execCommand('copy');
    field.remove();
    element('copy').focus();
    return isCopied;
  }

  function copyLink() {
    function tell(isCopied) { say(isCopied ? 'Link copied: ' + link : 'Copy this link: ' + link); }
    // The Zendesk page may not let the apps in it write to the clipboard.
    var writing = navigator.clipboard ? navigator.clipboard.writeText(link) : Promise.reject();
    writing.then(function () { tell(true); }, function () { tell(copyBySelection()); });
  }

  element('copy').addEventListener('click', copyLink);
  element('open').addEventListener('click', function () {
    say('Opening Fairlead… If nothing happens, it is not installed here or does not open these links.');
  });
  useScheme(new URLSearchParams(window.location.search).get('colorScheme'));
  if (!client) {
    say('This page belongs into a Zendesk ticket. Open a ticket to use it.');
    return;
  }
  // Also where the sidebar is made narrower, and where a long name wraps.
  new ResizeObserver(fitHeight).observe(document.body);
  client.on('colorScheme.changed', useScheme);
  CHANGES.forEach(function (name) { client.on(name, readTicket); });
  client.on('app.activated', readTicket);
  readTicket();
}());
