package io.github.liveupdater

import androidx.lifecycle.Lifecycle
import com.getcapacitor.JSArray
import com.getcapacitor.JSObject
import com.getcapacitor.Logger
import com.getcapacitor.Plugin
import com.getcapacitor.PluginCall
import com.getcapacitor.PluginMethod
import com.getcapacitor.annotation.CapacitorPlugin
import io.github.liveupdater.core.BundleInfo
import io.github.liveupdater.core.Channel
import io.github.liveupdater.core.CrashReason
import io.github.liveupdater.core.Launch
import io.github.liveupdater.core.UpdateEvent
import io.github.liveupdater.core.Updater
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineExceptionHandler
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout

/**
 * The Android half: it loads what the core says, and tells the core what happens to the app.
 *
 * Nothing that goes wrong in here or in the core may end the app: it runs on its builtin files
 * then, and the log says why.
 */
@CapacitorPlugin(name = "LiveUpdater")
class LiveUpdaterPlugin : Plugin() {
    private val nothingEndsTheApp = CoroutineExceptionHandler { _, problem -> log(problem) }
    private val scope = CoroutineScope(SupervisorJob() + Dispatchers.Default + nothingEndsTheApp)
    private lateinit var webRoot: WebRoot
    private var pages: PageListener? = null

    /** Null where the updater is off, for the reason in [whyOff]. */
    private var updater: Updater? = null
    private var whyOff = "the updater hasn't started"

    // Of the main thread.

    private var isShown = false

    /** The launch that the web view was told to load last. */
    private var loadedToken = ""

    /** The launch whose load was ordered last, and is on its way: the next page is its page. */
    private var orderedToken: String? = null

    /** The launch of the page that began last. */
    private var beganToken = ""

    // Of Capacitor's thread for plugins, on which messages of pages arrive.

    /** The launch of the page that speaks; of none, where a page has to tell and hasn't yet. */
    private var pageToken = ""

    /** What a page was told that is about the page after it. */
    private val toldTooEarly = mutableListOf<UpdateEvent>()

    override fun load() {
        // First of all: what an earlier start left there would run unwatched if anything failed.
        WebRoot.forget(context)
        webRoot = WebRoot(bridge)
        try {
            when (bridge.serverUrl) {
                null -> start()
                else -> turnOff("updates are off, since server.url is set")
            }
        } catch (problem: Throwable) {
            turnOff("the updater can't start; the log says why", problem)
        }
    }

    private fun start() {
        isShown = activity.lifecycle.currentState.isAtLeast(Lifecycle.State.RESUMED)
        // Before the launch: whatever is activated after it reaches this activity.
        EventRelay.attach(this)
        val updater = KeptUpdater.open(context, config.configJSON, EventRelay)
        val launch = updater.launch(isShown)
        loadedToken = launch.launchToken
        beganToken = launch.launchToken
        webRoot.onAnnouncement(::onPageAnnounced)
        webRoot.choose(launch)
        if (!webRoot.hasScript) pageToken = launch.launchToken
        this.updater = updater
        log(launch)
        attempt { if (LastProcess.hasCrashed(context)) reportCrashOfLast(updater) }
    }

    private fun reportCrashOfLast(updater: Updater) = scope.launch {
        attempt { updater.reportCrash(CrashReason.PREVIOUS_PROCESS) }
    }

    private fun turnOff(reason: String, problem: Throwable? = null) {
        whyOff = reason
        updater = null
        EventRelay.detach(this)
        WebRoot.forget(context)
        if (problem == null) Logger.info(TAG, reason) else Logger.error(TAG, reason, problem)
    }

    private fun log(launch: Launch) {
        val bundle = launch.bundle
        Logger.info(TAG, "launches ${bundle.version} (${bundle.id}, ${bundle.status})")
        launch.rolledBack?.let { Logger.warn(TAG, "has taken back ${it.version} (${it.id})") }
        launch.problem?.let { Logger.error(TAG, "${it.code}: ${it.message}", null) }
    }

    // The app's life. A permission prompt stops no activity, it only pauses it.

    override fun handleOnStart() {
        // In load() it would be in vain: the bridge's builder sets its own listeners after that.
        if (updater == null || pages != null) return
        pages = PageListener(this).also(bridge::addWebViewListener)
    }

    override fun handleOnResume() {
        isShown = true
        val updater = updater ?: return
        attempt {
            // Another activity may have been there meanwhile, and what runs may have changed.
            EventRelay.attach(this)
            updater.resume()
            if (updater.launch(isShown).launchToken != loadedToken) show()
        }
    }

    override fun handleOnPause() {
        isShown = false
        attempt { updater?.pause() }
    }

    override fun handleOnDestroy() {
        EventRelay.detach(this)
        pages?.let(bridge::removeWebViewListener)
        scope.cancel()
    }

    // What the web view tells, on the main thread.

    internal fun onPageStarted() {
        val isOrdered = orderedToken != null
        beganToken = orderedToken ?: beganToken
        orderedToken = null
        // Nothing that a page says counts before its script knows that the page is the launch's own.
        val token = beganToken.takeUnless { webRoot.hasScript }
        // In the queue behind the last messages of the page before, which must not count as this
        // one's.
        bridge.execute {
            pageToken = token ?: pageToken
            if (isOrdered) tellAgain()
        }
    }

    /** Comes from the page's script, before any message of the page itself. */
    private fun onPageAnnounced(token: String) = bridge.execute { pageToken = token }

    /** Waits for the report: the system ends this process right after. */
    internal fun onRendererCrashed() {
        val updater = updater ?: return
        attempt {
            runBlocking {
                withTimeout(LONGEST_REPORT) { updater.reportCrash(CrashReason.RENDERER) }
            }
        }
    }

    // What the core tells, on its threads.

    internal fun onEvent(event: UpdateEvent) = bridge.execute {
        attempt {
            val isOfNextPage = event.outlivesPage() && event !is UpdateEvent.AppReady
            if (isOfNextPage && hasListeners(event.name())) toldTooEarly += event
            tell(event)
        }
    }

    private fun tellAgain() = attempt {
        toldTooEarly.forEach(::tell)
        toldTooEarly.clear()
    }

    private fun tell(event: UpdateEvent) =
        notifyListeners(event.name(), JSObject(event.json()), event.outlivesPage())

    /**
     * Loads what runs now. Calls and the watchdog may activate bundles at the same time, so the
     * core is asked once more: a second `launch` answers the newest activation.
     */
    internal fun show() = bridge.executeOnMainThread {
        attempt {
            val launch = updater?.launch(isShown) ?: return@executeOnMainThread
            loadedToken = launch.launchToken
            orderedToken = null
            webRoot.load(launch)
            // The bridge posts the load. A start that waits before it in the queue, or is told
            // before it is ordered, is of a page of the files before.
            bridge.webView.post { orderedToken = launch.launchToken }
        }
    }

    // What JavaScript calls.

    @PluginMethod
    fun notifyAppReady(call: PluginCall) {
        // A page that brings no token is the one that announced itself, or began, last.
        val last = pageToken
        answer(call, { js("bundle" to builtin()) }) {
            val token = call.arguments.optionalText("launchToken") ?: last
            js("bundle" to it.notifyAppReady(token).toJs())
        }
    }

    @PluginMethod
    fun getLatest(call: PluginCall) = answer(call) {
        JSObject(it.getLatest(call.arguments.optionalText("channel")).json())
    }

    @PluginMethod
    fun download(call: PluginCall) = answer(call) {
        it.download(call.arguments.downloadFrom()).toJs()
    }

    @PluginMethod
    fun sync(call: PluginCall) = answer(call) { JSObject(it.sync().json()) }

    @PluginMethod
    fun cancel(call: PluginCall) = answer(call) { it.cancel() }

    @PluginMethod
    fun next(call: PluginCall) = answer(call) { it.setNext(call.arguments.text("id")).toJs() }

    @PluginMethod
    fun set(call: PluginCall) = replacePage(call) { it.set(call.arguments.text("id")) }

    @PluginMethod
    fun reload(call: PluginCall) = replacePage(call) { it.reload() }

    @PluginMethod
    fun reset(call: PluginCall) = replacePage(call) {
        it.reset(call.arguments.flag("toLastSuccessful"))
    }

    @PluginMethod
    fun current(call: PluginCall) =
        answer(call, { js("bundle" to builtin(), "native" to InstalledApp(context).version) }) {
            js("bundle" to it.current().toJs(), "native" to it.nativeVersion())
        }

    @PluginMethod
    fun getNextBundle(call: PluginCall) = answer(call) { js("bundle" to it.next()?.toJs()) }

    @PluginMethod
    fun list(call: PluginCall) = answer(call) {
        js("bundles" to JSArray(it.bundles().map(BundleInfo::toJs)))
    }

    @PluginMethod
    fun getFailedUpdate(call: PluginCall) =
        answer(call) { js("bundle" to it.failedUpdate()?.toJs()) }

    @PluginMethod
    fun getBuiltinVersion(call: PluginCall) = answer(call) { js("version" to it.builtinVersion()) }

    @PluginMethod
    fun delete(call: PluginCall) = answer(call) { it.delete(call.arguments.text("id")) }

    @PluginMethod
    fun verify(call: PluginCall) = answer(call) {
        val damaged = it.verify(call.arguments.text("id"))
        js("ok" to damaged.isEmpty(), "damaged" to JSArray(damaged))
    }

    @PluginMethod
    fun setBundleError(call: PluginCall) = answer(call) {
        js("rolledBack" to it.setBundleError(call.arguments.optionalText("id"))?.toJs())
    }

    @PluginMethod
    fun clearBlocked(call: PluginCall) = answer(call) {
        it.clearBlocked(call.arguments.optionalText("version"))
    }

    @PluginMethod
    fun setChannel(call: PluginCall) = answer(call) {
        js("channel" to it.setChannel(call.arguments.optionalText("channel")))
    }

    @PluginMethod
    fun unsetChannel(call: PluginCall) = answer(call) { js("channel" to it.setChannel()) }

    @PluginMethod
    fun getChannel(call: PluginCall) = answer(call) { js("channel" to it.channel()) }

    @PluginMethod
    fun listChannels(call: PluginCall) = answer(call) {
        js("channels" to JSArray(it.channels().map(Channel::toJs)))
    }

    @PluginMethod
    fun getDeviceId(call: PluginCall) = answer(call) { js("deviceId" to it.deviceId()) }

    @PluginMethod
    fun setCustomId(call: PluginCall) = answer(call) {
        it.setCustomId(call.arguments.optionalText("customId"))
    }

    @PluginMethod
    fun flush(call: PluginCall) = answer(call) { JSObject(it.flush().json()) }

    @PluginMethod
    fun state(call: PluginCall) = answer(call) { JSObject(it.state()) }

    @PluginMethod
    fun isAutoUpdateEnabled(call: PluginCall) =
        answer(call, { js("enabled" to false) }) { js("enabled" to it.isAutoUpdateEnabled()) }

    @PluginMethod
    fun getPluginVersion(call: PluginCall) = call.resolve(js("version" to VERSION))

    /**
     * Does what a call asks for off this thread, which all plugins share, and answers it. While the
     * updater is off, that is `whenOff`, or a refusal.
     */
    private fun answer(
        call: PluginCall,
        whenOff: (() -> JSObject)? = null,
        work: suspend (Updater) -> Any?,
    ) {
        val updater = updater
        scope.launch {
            try {
                val result = when {
                    updater != null -> work(updater)
                    whenOff != null -> whenOff()
                    else -> return@launch call.unavailable(whyOff)
                }
                if (result is JSObject) call.resolve(result) else call.resolve()
            } catch (cancelled: CancellationException) {
                throw cancelled
            } catch (problem: Throwable) {
                call.reject(problem)
            }
        }
    }

    /** Ends with another page: in the activity that is there then, if this one was made anew. */
    private fun replacePage(call: PluginCall, work: suspend (Updater) -> Launch) = answer(call) {
        withContext(NonCancellable) {
            work(it)
            EventRelay.show()
        }
    }

    private fun builtin() =
        builtinBundle(config.getString("version") ?: InstalledApp(context).version)

    /** Nobody waits for an answer, and the app goes on whatever happens. */
    private inline fun attempt(work: () -> Unit) = try {
        work()
    } catch (problem: Throwable) {
        log(problem)
    }

    private fun log(problem: Throwable) = Logger.error(TAG, "failed: $problem", problem)

    internal companion object {
        const val TAG = "LiveUpdater"
        const val VERSION = "0.1.0"

        /** In milliseconds. */
        const val LONGEST_REPORT = 2000L
    }
}
