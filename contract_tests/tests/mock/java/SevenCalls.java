import java.util.ArrayList;
import java.util.List;
import org.openapitools.client.ApiClient;
import org.openapitools.client.ApiException;
import org.openapitools.client.api.MessageactionsApi;
import org.openapitools.client.model.*;

/** Drives a server through all seven operations with the client that openapi-generator made of the document. */
public class SevenCalls {
    public static void main(String[] arguments) throws ApiException {
        ApiClient client = new ApiClient();
        client.updateBaseUri(arguments[0]);
        client.setRequestInterceptor(request -> request.header("Authorization", "Bearer " + arguments[1]));
        MessageactionsApi api = new MessageactionsApi(client);

        String deluge = api.createMessageAction(
            new MessageActionCreate().name("Open incident").hint("Start").scope(Scope.TEAM).teamIds(List.of(100001L))
        ).getData().getId();
        String webhook = api.createMessageAction(
            new MessageActionCreate().name("Send to desk").hint("File").executionType(ExecutionType.WEBHOOK)
                .executionUrl("https://desk.example/x").messageTypes(List.of(MessageType.TEXT))
        ).getData().getId();
        System.out.println("create_message_action " + deluge + " " + webhook);

        List<String> listed = new ArrayList<>();
        String next = null;
        MessageActionList page;
        do {
            page = api.listMessageActions(1, next, null);
            page.getData().forEach(action -> listed.add(action.getId()));
            next = page.getNextToken();
        } while (next != null);
        System.out.println("list_message_actions " + String.join(" ", listed));

        System.out.println("get_message_action " + api.getMessageAction(deluge).getData().getTeamIds());
        System.out.println("update_message_action "
            + api.updateMessageAction(deluge, new MessageActionUpdate().hint("Other")).getData().getHint());

        api.updateMessageActionHandler(HandlerType.EXECUTION_HANDLER, deluge, new HandlerUpdate().script("return {};"));
        HandlerResponseData changed = api.updateMessageActionHandler(
            HandlerType.EXECUTION_HANDLER, webhook, new HandlerUpdate().permissions(List.of(Permission.CHAT))
        ).getData();
        // The generated class takes the first of the handler schemas that can be read, so what it holds is shown as text.
        System.out.println("update_message_action_handler "
            + changed.getActualInstance().toString().replaceAll("\\s+", " "));
        HandlerResponseData read = api.getMessageActionHandler(HandlerType.EXECUTION_HANDLER, deluge).getData();
        System.out.println("get_message_action_handler " + read.getDelugeHandler().getScript());

        api.deleteMessageAction(deluge);
        try {
            api.getMessageAction(deluge);
        } catch (ApiException refused) {
            System.out.println("delete_message_action " + refused.getCode() + " " + refused.getResponseBody());
        }
    }
}
